"""Images and curves with the orientation, axes and colours of all plots."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import datashader as ds
import holoviews as hv
import numpy as np
import xarray as xr
from holoviews.operation.datashader import datashade

from minian_web.errors import BadRequest
from minian_web.view.plots.curves import distinct_colors

PIXELS = 260  # width of an image
CURVES = 560  # width of traces
DUMMY = "dummy"


def plain(values: Any) -> np.ndarray:
    """Give the values of an xarray or dask array as numpy."""
    return np.asarray(getattr(values, "values", values))


def image(array: xr.DataArray, title: str = "", cmap: str = "viridis", **options: Any) -> hv.Image:
    """Give an image on its coordinates, the first row at the top, square pixels.

    Raises
    ------
    BadRequest
        If the array has other dimensions than height and width.
    """
    array = array.squeeze(drop=True)
    if sorted(map(str, array.dims)) != ["height", "width"]:
        raise BadRequest(f"an image has the dimensions height and width, not {', '.join(map(str, array.dims))}")
    array = array.transpose("height", "width")
    values = np.asarray(plain(array))
    values = values.astype(np.uint8 if values.dtype == bool else values.dtype)
    values = values.astype(np.float32) if values.dtype.kind not in "u" or values.dtype.itemsize > 2 else values
    return drawn(values, coordinate(array, "height"), coordinate(array, "width"), title, cmap, **options)


def drawn(
    values: np.ndarray, heights: np.ndarray, widths: np.ndarray, title: str = "", cmap: str = "viridis", **options: Any
) -> hv.Image:
    """Give an image of `values` within the outer edges of these coordinates, however fine its own grid is."""
    (top, bottom), (left, right) = _edges(heights), _edges(widths)
    made = hv.Image(values[::-1], bounds=(left, top, right, bottom), kdims=["width", "height"], vdims=["value"])
    wide = PIXELS * (right - left) / max(right - left, bottom - top)
    return made.opts(
        **{
            "cmap": cmap,
            "title": title,
            "invert_yaxis": True,
            "frame_width": round(wide),
            "frame_height": round(PIXELS * (bottom - top) / max(right - left, bottom - top)),
            "default_tools": ["pan", "wheel_zoom", "box_zoom", "reset"],
            "active_tools": ["wheel_zoom"],
            "tools": ["hover"],
            "fontsize": {"title": 9},
            **options,
        },
        backend="bokeh",
    )


def coordinate(array: xr.DataArray, dim: str) -> np.ndarray:
    """Coordinate of a dimension, counted from 0 where it has none."""
    return plain(array[dim]).astype(np.float64)


def _edges(values: np.ndarray) -> tuple[float, float]:
    step = (values[-1] - values[0]) / (values.size - 1) if values.size > 1 else 1.0
    return float(values[0] - step / 2), float(values[-1] + step / 2)


def shaded(
    curves: Mapping[str, hv.Curve],
    title: str,
    *,
    datashading: bool,
    colors: Mapping[str, str] | None = None,
    **options: Any,
) -> hv.Overlay:
    """Overlay named curves with a legend: as pixels, drawn once over the whole range, or as lines."""
    colors = {**dict(zip(curves, distinct_colors(len(curves)), strict=True)), **(colors or {})}
    colors = {name: colors[name] for name in curves}
    common = {
        "width": CURVES, "height": 240, "title": title, "fontsize": {"title": 9, "legend": 8},
        "show_legend": len(curves) <= 10,
        "default_tools": ["pan", "xwheel_zoom", "box_zoom", "reset"], "active_tools": ["xwheel_zoom"], **options,
    }  # fmt: skip
    if not datashading:
        lines = [one.relabel(name).opts(color=colors[name], line_width=1) for name, one in curves.items()]
        return hv.Overlay(lines).opts(**{"legend_position": "right", **common})
    overlay = hv.NdOverlay(dict(curves), kdims=["trace"], sort=False)
    kinds: dict[str, Any] = {"aggregator": ds.count_cat("trace"), "color_key": colors}
    if len(curves) == 1:  # datashader cannot shade a single category
        (overlay,), (color,) = curves.values(), colors.values()
        kinds = {"aggregator": ds.count(), "cmap": [color, color]}
    pixels = datashade(overlay, **kinds, min_alpha=200, dynamic=False, width=2 * CURVES, height=480)
    points = [_legend_point(one, name, colors[name]) for name, one in curves.items()]
    return hv.Overlay([pixels.opts(**common), *points]).opts(**{"legend_position": "right", **common})


def _legend_point(curve: hv.Curve, name: str, color: str) -> hv.Points:
    first = [np.nan_to_num(np.asarray(curve.dimension_values(at), np.float64)[:1]) for at in (0, 1)]
    return hv.Points(tuple(first), [curve.kdims[0], curve.vdims[0]], label=name).opts(color=color, size=5)


def runs(mappings: Sequence[Any], kdims: str | Sequence[str] | None) -> tuple[list[str], dict[tuple[Any, ...], list]]:
    """Runs by their parameter values, with the arrays of each run in the order of `mappings`.

    Parameters
    ----------
    mappings
        Dictionaries with the same keys, scalars or tuples; plain arrays when `kdims` is None.
    kdims
        Names of the parameters.

    Raises
    ------
    BadRequest
        If the keys differ, are as many as the names are not, or there is no run.
    """
    if kdims is None:
        if not any(isinstance(one, Mapping) for one in mappings):
            return [DUMMY], {(0,): list(mappings)}
        raise BadRequest("kdims must name the parameters that the keys hold")
    names = [kdims] if isinstance(kdims, str) else list(kdims)
    if not all(isinstance(one, Mapping) for one in mappings):
        raise BadRequest("with kdims, dictionaries of runs are expected")
    keys = list(mappings[0])
    for one in mappings[1:]:
        if set(one) != set(keys):
            raise BadRequest(f"the dictionaries hold different runs: {sorted(map(str, set(one) ^ set(keys)))}")
    if not keys:
        raise BadRequest("there is no run to show")
    found = {_tuple(key, names): [one[key] for one in mappings] for key in keys}
    return names, found


def _tuple(key: Hashable, names: Sequence[str]) -> tuple[Any, ...]:
    values = key if isinstance(key, tuple) else (key,)
    if len(values) != len(names):
        raise BadRequest(f"{len(names)} names ({', '.join(names)}) do not fit the key {key}")
    return values


def said(names: Sequence[str], values: Sequence[Any]) -> str:
    """Parameters of a run as text, such as `p=1, sparse_penal=0.1`."""
    return ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True) if name != DUMMY)


def unit_ids(array: xr.DataArray) -> list[int]:
    """Units of an array."""
    return [int(unit) for unit in np.atleast_1d(plain(array["unit_id"]))]


def summed(footprints: xr.DataArray, values: np.ndarray) -> xr.DataArray:
    """Give the sum `(height, width)` float32 of values `(unit_id, height, width)` with the footprints' coordinates."""
    dims = ("height", "width")
    coords = {dim: plain(footprints[dim]) for dim in dims}
    return xr.DataArray(np.asarray(values.sum(axis=0), np.float32), coords, dims)
