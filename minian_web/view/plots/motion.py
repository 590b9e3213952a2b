"""Estimated motion over time."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.view.plots.images import CURVES, plain

COLORS = {"height": "#0072b2", "width": "#e69f00"}


def visualize_motion(motion: xr.DataArray) -> hv.Layout | hv.NdOverlay:
    """Visualize result of motion estimation.

    Parameters
    ----------
    motion
        Estimated motion in pixels: frame and shift_dim (height, width) when rigid; more dimensions, those of a grid
        of patches, when not.

    Returns
    -------
    holoviews.NdOverlay or holoviews.Layout
        Rigid: an overlay of two curves. Otherwise two images whose columns are frames, whose rows are patches, and
        whose colours are shifts.

    Raises
    ------
    BadRequest
        If frame or shift_dim is missing, or shift_dim has not two entries.
    """
    if not {"frame", "shift_dim"} <= set(motion.dims) or motion.sizes["shift_dim"] != 2:
        raise BadRequest(f"motion has the dimensions frame and shift_dim (of 2), not {dict(motion.sizes)}")
    names = [str(name) for name in plain(motion["shift_dim"])] if "shift_dim" in motion.coords else ["height", "width"]
    frames = plain(motion["frame"]).astype(np.float64)
    grid = [dim for dim in motion.dims if dim not in ("frame", "shift_dim")]
    values = plain(motion.transpose("shift_dim", *grid, "frame")).reshape(2, -1, frames.size)
    if not grid:
        return _curves(names, frames, values[:, 0])
    limit = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    return hv.Layout([_patches(name, frames, one, limit) for name, one in zip(names, values, strict=True)]).cols(1)


def _curves(names: list[str], frames: np.ndarray, values: np.ndarray) -> hv.NdOverlay:
    curves = {
        name: hv.Curve((frames, one), "frame", "shift (px)").opts(
            color=COLORS.get(name, "#009e73"), line_width=1, backend="bokeh"
        )
        for name, one in zip(names, values, strict=True)
    }
    return hv.NdOverlay(curves, kdims=["shift_dim"], sort=False).opts(
        width=2 * CURVES,
        height=240,
        legend_position="right",
        title="shift",
        fontsize={"title": 9, "legend": 8},
        backend="bokeh",
    )


def _patches(name: str, frames: np.ndarray, values: np.ndarray, limit: float) -> hv.Image:
    places = np.arange(len(values), dtype=np.float64)
    step = float(frames[1] - frames[0]) if frames.size > 1 else 1.0
    bounds = (frames[0] - step / 2, -0.5, frames[-1] + step / 2, places.size - 0.5)
    made = hv.Image(values[::-1].astype(np.float32), bounds=bounds, kdims=["frame", "patch"], vdims=["shift (px)"])
    return made.opts(
        cmap="coolwarm", clim=(-limit, limit), colorbar=True, width=2 * CURVES, height=200, title=f"shift, {name}",
        tools=["hover"], backend="bokeh",
    )  # fmt: skip
