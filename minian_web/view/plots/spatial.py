"""Footprints and traces for several parameters of the spatial update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import holoviews as hv
import numpy as np
import xarray as xr

from minian_web.model.scaling import norm as unit_range
from minian_web.view.plots.images import image, plain, runs, said, shaded, summed, unit_ids


def visualize_spatial_update(
    A_dict: dict[Any, xr.DataArray] | xr.DataArray,
    C_dict: dict[Any, xr.DataArray] | xr.DataArray,
    kdims: str | Sequence[str] | None = None,
    norm: bool = True,
    datashading: bool = True,
) -> hv.Layout:
    """Visualization of spatial update.

    Parameters
    ----------
    A_dict
        Spatial footprints (unit_id, height, width) of each run. Keys are values, or tuples of values, of the
        parameters that identify a run. A plain array when `kdims` is None.
    C_dict
        Temporal activities (unit_id, frame) in the same format. Runs may have different units.
    kdims
        Names of the parameters in the keys.
    norm
        Whether to normalize the activity of each cell to range (0, 1).
    datashading
        Whether to draw the activities as pixels.

    Returns
    -------
    holoviews.Layout
        Of three `HoloMap` over `kdims`: footprints, binary footprints, and activities one above the other. Units that
        only one of A and C has are named in the titles.

    Raises
    ------
    BadRequest
        If the keys of the dictionaries differ or do not fit `kdims`.
    """
    names, found = runs([A_dict, C_dict], kdims)
    maps: list[dict[Any, Any]] = [{}, {}, {}]
    for key, (a, c) in found.items():
        for one, drawn in zip(maps, panels(a, c, said(names, key), norm=norm, datashading=datashading), strict=True):
            one[key] = drawn
    return hv.Layout([hv.HoloMap(one, kdims=names) for one in maps]).cols(3)


def panels(a: xr.DataArray, c: xr.DataArray, title: str, *, norm: bool, datashading: bool) -> list[Any]:
    """Give footprints, binary footprints, and activities of one run."""
    footprints = a if "unit_id" in a.dims else a.expand_dims("unit_id")
    values = plain(footprints.transpose("unit_id", "height", "width"))
    total, binary = summed(footprints, values), summed(footprints, values > 0)
    only = sorted(set(unit_ids(footprints)) ^ set(unit_ids(c)))
    note = f"; only in A or C: {', '.join(map(str, only))}" if only else ""
    units = f"{len(values)} units{note}"
    return [
        image(total, f"A {title} ({units})"),
        image(binary, f"A > 0 {title}"),
        stacked(c, f"C {title} ({len(unit_ids(c))} units)", norm=norm, datashading=datashading),
    ]


def stacked(c: xr.DataArray, title: str, *, norm: bool, datashading: bool, **options: Any) -> hv.Overlay:
    """Traces (unit_id, frame) one above the other, the first at the top."""
    traces = c if "unit_id" in c.dims else c.expand_dims("unit_id")
    values = plain(traces.transpose("unit_id", "frame")).astype(np.float64)
    frames = plain(traces["frame"]).astype(np.float64)
    step = 1.0 if norm else float(np.nanmax(values, initial=0)) or 1.0
    curves = {}
    for row, unit in enumerate(unit_ids(traces)):
        one = unit_range(values[row]) if norm else values[row]
        curves[f"unit {unit}"] = hv.Curve((frames, one - 1.1 * step * row), "frame", "activity (a.u.)")
    if not curves:
        curves["no unit"] = hv.Curve((frames, np.zeros(frames.size)), "frame", "activity (a.u.)")
    return shaded(curves, title, datashading=datashading, yaxis="bare", **options)
