"""Seeds on a max projection."""

from __future__ import annotations

import holoviews as hv
import pandas as pd
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.view.plots.images import image

KEPT, REJECTED = "white", "#e5484d"


def visualize_seeds(max_proj: xr.DataArray, seeds: pd.DataFrame, mask: str | None = None) -> hv.Overlay:
    """Visualization of seeds.

    Parameters
    ----------
    max_proj
        Max projection used as the background of the plot, with dimensions height and width.
    seeds
        The seed dataframe: columns height and width (coordinates of the projection), and masks.
    mask
        Name of a boolean column: seeds where it is False are drawn red, below the others, which are white.

    Returns
    -------
    holoviews.Overlay
        Max projection, rejected seeds, kept seeds.

    Raises
    ------
    BadRequest
        If a column is missing.
    """
    missing = [name for name in ("height", "width", *([mask] if mask else [])) if name not in seeds.columns]
    if missing:
        raise BadRequest(f"the seeds have no column {', '.join(missing)}, only {', '.join(map(str, seeds.columns))}")
    kept = seeds[mask].fillna(False).astype(bool) if mask else pd.Series(True, index=seeds.index)
    title = f"{mask}: {int(kept.sum())} of {len(seeds)} seeds kept" if mask else f"{len(seeds)} seeds"
    ground = image(max_proj, title, "gray", frame_width=480, frame_height=_tall(max_proj))
    return ground * _points(seeds[~kept], REJECTED, "rejected") * _points(seeds[kept], KEPT, "kept")


def _tall(max_proj: xr.DataArray) -> int:
    return round(480 * max_proj.sizes["height"] / max(max_proj.sizes["width"], 1))


def _points(seeds: pd.DataFrame, color: str, label: str) -> hv.Points:
    extra = [str(name) for name in seeds.columns if name not in ("height", "width")]
    data = seeds.astype(dict.fromkeys((name for name in extra if seeds[name].dtype == bool), str))
    return hv.Points(data, ["width", "height"], extra, label=label).opts(
        color=color, size=5, line_color="#00000088", tools=["hover"], backend="bokeh"
    )
