"""Boxes on a frame: bounds in the movie's coordinates, always on whole pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from minian_web.errors import BadRequest

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A named rectangle of pixels.

    Attributes
    ----------
    name
        Unique on its movie.
    height, width
        Coordinates of the first and the last pixel inside, as `xarray.DataArray.sel` takes them in a slice.
    """

    name: str
    height: Bounds
    width: Bounds


def checked(box: Box, heights: np.ndarray, widths: np.ndarray) -> Box:
    """Give the box on whole pixels.

    Raises
    ------
    BadRequest
        If it has no size, or reaches beyond the frame.
    """
    return Box(box.name, _on_pixels(box, "height", heights), _on_pixels(box, "width", widths))


def _on_pixels(box: Box, dim: str, axis: np.ndarray) -> Bounds:
    low, high = box.height if dim == "height" else box.width
    if not (np.isfinite(low) and np.isfinite(high)):
        raise BadRequest(f"{box.name}: its {dim} is no number")
    if low > high:
        raise BadRequest(f"{box.name}: its {dim} begins at {low:g}, after its end at {high:g}")
    if low < axis[0] or high > axis[-1]:
        raise BadRequest(
            f"{box.name}: its {dim} {low:g} to {high:g} reaches beyond the frame, {axis[0]:g} to {axis[-1]:g}"
        )
    inside = axis[(axis >= low) & (axis <= high)]
    if inside.size < 2:
        raise BadRequest(f"{box.name}: it has no size along {dim}")
    return float(inside[0]), float(inside[-1])


def drawn(name: str, edges: tuple[float, float, float, float], heights: np.ndarray, widths: np.ndarray) -> Box:
    """Give the box that was drawn with the mouse; what reaches beyond the frame is cut off.

    Parameters
    ----------
    edges
        Left, right, top and bottom in the figure's coordinates, where a pixel reaches half a step to each side.

    Raises
    ------
    BadRequest
        If it lies outside of the frame or has no size.
    """
    left, right, top, bottom = edges
    return Box(name, _inside(name, "height", top, bottom, heights), _inside(name, "width", left, right, widths))


def _inside(name: str, dim: str, one: float, other: float, axis: np.ndarray) -> Bounds:
    low, high = min(one, other), max(one, other)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise BadRequest(f"{name}: its {dim} is no number")
    if high < axis[0] or low > axis[-1]:
        raise BadRequest(f"{name} lies outside of the frame")
    inside = axis[(axis >= low) & (axis <= high)]
    if inside.size < 2:
        raise BadRequest(f"{name} has no size along {dim}")
    return float(inside[0]), float(inside[-1])


def edges_of(box: Box, heights: np.ndarray, widths: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, top and bottom edge of the box's pixels in the figure's coordinates."""
    (top, bottom), (left, right) = _outer(box.height, heights), _outer(box.width, widths)
    return left, right, top, bottom


def _outer(bounds: Bounds, axis: np.ndarray) -> Bounds:
    half = (axis[-1] - axis[0]) / (axis.size - 1) / 2 if axis.size > 1 else 0.5
    return bounds[0] - half, bounds[1] + half


def unused_name(taken: Iterable[str]) -> str:
    """Give a name that no box has yet."""
    names = set(taken)
    return next(name for number in range(1, len(names) + 2) if (name := f"box {number}") not in names)
