"""Traces, pulse response and footprint for several parameters of the temporal update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import holoviews as hv
import numpy as np
import xarray as xr

from minian_web.model.pipeline.autoregression import construct_pulse_response
from minian_web.model.scaling import norm as unit_range
from minian_web.view.plots.images import image, plain, runs, said, shaded, summed, unit_ids

NAMES = ("Raw Signal", "Fitted Calcium Trace", "Fitted Spikes", "Fitted Signal")
COLORS = dict(zip(NAMES, ("#8a97a3", "#2f9fd0", "#d99a00", "#d55e00"), strict=True))  # seen on light and on dark
PULSE = 500


def visualize_temporal_update(
    YA_dict: dict[Any, xr.DataArray] | xr.DataArray,
    C_dict: dict[Any, xr.DataArray] | xr.DataArray,
    S_dict: dict[Any, xr.DataArray] | xr.DataArray,
    g_dict: dict[Any, xr.DataArray] | xr.DataArray,
    sig_dict: dict[Any, xr.DataArray] | xr.DataArray,
    A_dict: dict[Any, xr.DataArray] | xr.DataArray,
    kdims: str | Sequence[str] | None = None,
    norm: bool = True,
    datashading: bool = True,
) -> hv.Layout:
    """Visualization of temporal update.

    Parameters
    ----------
    YA_dict, C_dict, S_dict, sig_dict
        YrA, calcium, spikes, and fitted signal C + b0 + c0, each (unit_id, frame), of each run. Keys are values, or
        tuples of values, of the parameters that identify a run. Plain arrays when `kdims` is None.
    g_dict
        AR coefficients (unit_id, lag).
    A_dict
        Spatial footprints (unit_id, height, width).
    kdims
        Names of the parameters in the keys.
    norm
        Whether to normalize the traces to range (0, 1).
    datashading
        Whether to draw the traces as pixels.

    Returns
    -------
    holoviews.Layout
        Of three `HoloMap` over `kdims` and unit_id: the four traces, the simulated pulse response, and the footprint.
        A unit that a run has dropped is shown with what there is of it, and its title says so.

    Raises
    ------
    BadRequest
        If the keys of the dictionaries differ or do not fit `kdims`.
    """
    names, found = runs([YA_dict, C_dict, S_dict, sig_dict, g_dict, A_dict], kdims)
    maps: list[dict[Any, Any]] = [{}, {}, {}]
    for key, arrays in found.items():
        units = sorted({unit for one in arrays for unit in unit_ids(one)})
        for unit in units:
            title = ", ".join(part for part in (said(names, key), f"unit {unit}") if part)
            for one, drawn in zip(maps, _panels(arrays, unit, title, norm=norm, datashading=datashading), strict=True):
                one[(*key, unit)] = drawn
    return hv.Layout([hv.HoloMap(one, kdims=[*names, "unit_id"]) for one in maps]).cols(3)


def _panels(
    arrays: Sequence[xr.DataArray], unit: int, title: str, *, norm: bool, datashading: bool
) -> tuple[hv.Overlay, hv.Overlay, hv.Image]:
    *traces, g, a = arrays
    there = {name: one.sel(unit_id=unit) for name, one in zip(NAMES, traces, strict=True) if unit in unit_ids(one)}
    gone = "" if len(there) == len(NAMES) else ", dropped by this run"
    frames = plain(traces[0]["frame"]).astype(np.float64)
    drawn = fitted({n: plain(v) for n, v in there.items()}, frames, title + gone, norm=norm, datashading=datashading)
    coefficients = plain(g.sel(unit_id=unit)).reshape(-1) if unit in unit_ids(g) else None
    return drawn, pulse(coefficients, title), footprint(a, unit, title)


def fitted(
    traces: Mapping[str, np.ndarray], frames: np.ndarray, title: str, *, norm: bool, datashading: bool, **options: Any
) -> hv.Overlay:
    """Overlay the traces of one unit; normalised, the fitted ones share the scale of the raw one, the spikes not."""
    values = dict(traces)
    if norm:
        values = {name: unit_range(one) for name, one in values.items()}
    curves = {name: hv.Curve((frames, one), "frame", "activity (a.u.)") for name, one in values.items()}
    curves = curves or {"no trace": hv.Curve((frames, np.zeros(frames.size)), "frame", "activity (a.u.)")}
    return shaded(curves, title, datashading=datashading, colors=COLORS, **options)


def pulse(g: np.ndarray | None, title: str, length: int = PULSE, **options: Any) -> hv.Overlay:
    """Draw the calcium response to one spike."""
    known = g is not None and bool(np.isfinite(g).all())
    s, c = construct_pulse_response(np.asarray(g), length) if known else (np.zeros(length), np.zeros(length))
    at = np.arange(length, dtype=np.float64)
    lines = [
        hv.Curve((at, one), "time since the spike (frames)", "response", label=name).opts(color=color)
        for name, one, color in (("calcium", c, "#2f9fd0"), ("spike", s, "#d55e00"))
    ]
    common = {
        "width": 300,
        "height": 240,
        "title": f"pulse response {title}",
        "fontsize": {"title": 9, "legend": 8},
        **options,
    }
    return hv.Overlay(lines).opts(legend_position="top_right", **common)


def footprint(a: xr.DataArray, unit: int, title: str, **options: Any) -> hv.Image:
    """Image of the footprint of one unit, empty when there is none."""
    mine = a.isel(unit_id=[place for place, other in enumerate(unit_ids(a)) if other == unit])
    values = plain(mine.transpose("unit_id", "height", "width"))
    return image(summed(a, values), f"A {title}", **options)
