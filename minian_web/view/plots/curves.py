"""Curves that are drawn as pixels, with a legend."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import datashader as ds
import holoviews as hv
import numpy as np
import pandas as pd
from holoviews.operation.datashader import datashade, dynspread

from minian_web.errors import BadRequest

__all__ = ["datashade_ndcurve", "distinct_colors"]

# Okabe and Ito first, then Tableau's: ten that are told apart at a glance
_FIRST = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#9c755f", "#a39300", "#8c6bb1", "#999999",
)  # fmt: skip
_GOLDEN = 0.6180339887498949  # turns the hue so that neighbours are far apart


def distinct_colors(count: int) -> list[str]:
    """Give `count` different colours as `#rrggbb`; the first ten are those of a fixed palette."""
    return [_FIRST[at] if at < len(_FIRST) else _turned(at) for at in range(count)]


def _turned(at: int) -> str:
    lightness, chroma = (0.45, 0.6, 0.35)[at % 3], (0.75, 0.55)[at % 2]
    hue = (at * _GOLDEN) % 1 * 6
    spread = chroma * (1 - abs(2 * lightness - 1))
    middle = spread * (1 - abs(hue % 2 - 1))
    base = [(spread, middle, 0), (middle, spread, 0), (0, spread, middle), (0, middle, spread), (middle, 0, spread),
            (spread, 0, middle)][int(hue) % 6]  # fmt: skip
    return "#" + "".join(f"{round(255 * (part + lightness - spread / 2)):02x}" for part in base)


def datashade_ndcurve(
    ovly: hv.NdOverlay, kdim: str | Sequence[str] | None = None, spread: bool = False
) -> hv.Overlay | hv.DynamicMap:
    """Apply datashading to an overlay of curves with legends.

    Parameters
    ----------
    ovly
        The input overlay of curves.
    kdim
        Key dimensions of the overlay that tell the categories apart; curves of one category share a colour. If None
        then the first key dimension of `ovly` will be used.
    spread
        Whether to apply `holoviews.operation.datashader.dynspread` to the result.

    Returns
    -------
    holoviews.Overlay or holoviews.DynamicMap of it
        Datashaded curves and points, one for each category, which make the legend. It is a DynamicMap, drawn anew when
        zoomed, unless `holoviews.operation.datashader.datashade.dynamic` was switched off.

    Raises
    ------
    BadRequest
        If the overlay has no curves or no such key dimension.
    """
    dims = _key_dims(ovly, kdim)
    groups = _groups(ovly, dims)
    name = ", ".join(dims)
    colors = dict(zip(groups, distinct_colors(len(groups)), strict=True))
    curves = hv.NdOverlay({label: _joined(members) for label, members in groups.items()}, kdims=[name], sort=False)
    shaded = _shaded(curves, name, colors)
    if spread:
        shaded = dynspread(shaded)
    return shaded * _legend(groups, colors, name)


def _shaded(curves: hv.NdOverlay, name: str, colors: dict[str, str]) -> Any:
    if len(colors) > 1:
        return datashade(curves, aggregator=ds.count_cat(name), color_key=colors, min_alpha=200)
    ((only, color),) = colors.items()  # datashader cannot shade a single category
    return datashade(curves[only], aggregator=ds.count(), cmap=[color, color], min_alpha=200)


def _key_dims(ovly: hv.NdOverlay, kdim: str | Sequence[str] | None) -> list[str]:
    known = [dim.name for dim in ovly.kdims]
    wanted = known[:1] if kdim is None else [kdim] if isinstance(kdim, str) else list(kdim)
    unknown = [dim for dim in wanted if dim not in known]
    if unknown or not wanted:
        raise BadRequest(f"the overlay has the key dimensions {', '.join(known)}, not {', '.join(map(str, unknown))}")
    if not len(ovly):
        raise BadRequest("the overlay holds no curves")
    return wanted


def _groups(ovly: hv.NdOverlay, dims: Sequence[str]) -> dict[str, list[hv.Element]]:
    """Curves of each category, by its name, in the order in which they come."""
    at = [ovly.get_dimension_index(dim) for dim in dims]
    groups: dict[str, list[hv.Element]] = {}
    for key, curve in ovly.data.items():
        parts: tuple[Hashable, ...] = key if isinstance(key, tuple) else (key,)
        groups.setdefault(", ".join(str(parts[place]) for place in at), []).append(curve)
    return groups


def _joined(curves: Sequence[hv.Element]) -> hv.Curve:
    """Curves of one category as a single one, with gaps between them."""
    kdim, vdim = curves[0].kdims[0], curves[0].vdims[0]
    parts: list[Any] = []
    for curve in curves:
        values = [np.asarray(curve.dimension_values(at), np.float64) for at in (0, 1)]
        parts += [pd.DataFrame({kdim.name: values[0], vdim.name: values[1]})]
        parts += [pd.DataFrame({kdim.name: [values[0][-1]], vdim.name: [np.nan]})] if values[0].size else []
    return hv.Curve(pd.concat(parts[:-1] or parts, ignore_index=True), kdim, vdim)


def _legend(groups: dict[str, list[hv.Element]], colors: dict[str, str], name: str) -> hv.NdOverlay:
    """One point for each category, on the first sample of its first curve."""
    points = {}
    for label, (curve, *_) in groups.items():
        first = [np.asarray(curve.dimension_values(at), np.float64)[:1] for at in (0, 1)]
        dims = [curve.kdims[0], curve.vdims[0]]
        points[label] = hv.Points((first[0], np.nan_to_num(first[1])), dims).opts(
            color=colors[label], backend="bokeh", size=6
        )
    return hv.NdOverlay(points, kdims=[name], sort=False)
