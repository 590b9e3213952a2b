"""A frame before and after preprocessing, with contours."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import holoviews as hv
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.pipeline.contours import contour_image
from minian_web.view.plots.images import DUMMY, coordinate, drawn, image, plain, said


def visualize_preprocess(
    fm: xr.DataArray, fn: Callable[..., Any] | None = None, include_org: bool = True, **kwargs: Any
) -> hv.Layout:
    """Generalized visualization of preprocessing functions.

    Parameters
    ----------
    fm
        The input frame, with dimensions height and width.
    fn
        The function to apply: called with the frame and one value of each keyword argument. If None then the original
        frame is visualized unchanged.
    include_org
        Whether to include the original frame in the visualization.
    **kwargs
        Passed to `fn`. A list stands for several values: all combinations are computed.

    Returns
    -------
    holoviews.Layout
        Two columns, images and contours: a row for the original, and a row of two `HoloMap` over the keyword
        arguments for the results, with a slider or dropdown for each. Contours are drawn as an image.
    """
    if sorted(map(str, fm.squeeze(drop=True).dims)) != ["height", "width"]:
        raise BadRequest(f"a frame has the dimensions height and width, not {', '.join(map(str, fm.dims))}")
    frame = fm.squeeze(drop=True).transpose("height", "width")
    frame = frame.copy(data=plain(frame))
    rows = _pair(frame, "original") if include_org or fn is None else []
    if fn is not None:
        rows += _results(frame, fn, kwargs)
    return hv.Layout(rows).cols(2)


def _pair(frame: xr.DataArray, title: str) -> list[hv.Image]:
    places = coordinate(frame, "height"), coordinate(frame, "width")
    lines = drawn(contour_image(plain(frame)), *places, f"contours, {title}")
    return [image(frame, title), lines]


def _results(frame: xr.DataArray, fn: Callable[..., Any], kwargs: dict[str, Any]) -> list[Any]:
    names = list(kwargs)
    choices = [value if isinstance(value, list) else [value] for value in kwargs.values()]
    if not all(choices):
        raise BadRequest(f"there is no value for {', '.join(n for n, c in zip(names, choices, strict=True) if not c)}")
    images: dict[Any, hv.Image] = {}
    contours: dict[Any, hv.Image] = {}
    for values in itertools.product(*choices):
        after = fn(frame, **dict(zip(names, values, strict=True)))
        key = tuple(_key(value) for value in values) or (0,)
        images[key], contours[key] = _pair(frame.copy(data=plain(after)), said(names, values) or "after")
    kdims = names or [DUMMY]
    if len(images) == 1:
        return [*images.values(), *contours.values()]
    return [hv.HoloMap(images, kdims=kdims), hv.HoloMap(contours, kdims=kdims)]


def _key(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)
