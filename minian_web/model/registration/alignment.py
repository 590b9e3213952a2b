"""Bring sessions to one field of view: shifts, the common window, moved footprints and projections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minian_web.model.footprints import Footprints, from_sparse

Shift = tuple[float, float]
UPSAMPLE = 20  # a twentieth of a pixel
HIGH_PASS = 12.0  # pixels: what is wider is illumination, not cells


@dataclass(frozen=True)
class Canvas:
    """Field of view that holds all sessions, by their coordinates.

    Attributes
    ----------
    shape
        Height and width in pixels.
    origin
        Coordinates of its first pixel.
    """

    shape: tuple[int, int]
    origin: tuple[int, int]

    @classmethod
    def around(cls, axes: Sequence[tuple[np.ndarray, np.ndarray]]) -> Canvas:
        """Smallest field of view that holds all of these coordinates (heights, widths of each session)."""
        low = [min(round(float(pair[side][0])) for pair in axes) for side in (0, 1)]
        high = [max(round(float(pair[side][0])) + pair[side].size for pair in axes) for side in (0, 1)]
        return cls((high[0] - low[0], high[1] - low[1]), (low[0], low[1]))

    def offset(self, heights: np.ndarray, widths: np.ndarray) -> tuple[int, int]:
        """Where a session's first pixel lies on the canvas."""
        return round(float(heights[0])) - self.origin[0], round(float(widths[0])) - self.origin[1]


def whole(shift: Shift) -> tuple[int, int]:
    """Shift in whole pixels, rounded to even at halves as minian's `apply_shifts` does."""
    return int(np.round(shift[0])), int(np.round(shift[1]))


def moved(footprints: Footprints, by: tuple[int, int], shape: tuple[int, int]) -> Footprints:
    """Footprints moved by whole pixels into a field of view of this shape; what leaves it is cut off."""
    rows, columns = np.divmod(footprints.pixels.astype(np.int64), footprints.shape[1])
    rows, columns = rows + by[0], columns + by[1]
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    at = (rows * shape[1] + columns).astype(np.int32)
    return _taken(footprints, inside, at, shape)


def cut(footprints: Footprints, window: tuple[int, int, int, int]) -> Footprints:
    """Footprints with only what lies in a window: row0, row1, column0, column1, half open."""
    rows, columns = np.divmod(footprints.pixels, footprints.shape[1])
    inside = (rows >= window[0]) & (rows < window[1]) & (columns >= window[2]) & (columns < window[3])
    return _taken(footprints, inside, footprints.pixels, footprints.shape)


def _taken(footprints: Footprints, which: np.ndarray, at: np.ndarray, shape: tuple[int, int]) -> Footprints:
    parts = []
    for begin, end in zip(footprints.start[:-1], footprints.start[1:], strict=True):
        good = which[begin:end]
        parts.append((at[begin:end][good], footprints.values[begin:end][good]))
    return from_sparse(footprints.unit_ids, parts, shape)


def moved_image(image: np.ndarray, by: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Image moved by whole pixels into a field of view of this shape, NaN where nothing came from: float32."""
    out = np.full(shape, np.nan, np.float32)
    spans = [_span(size, step, room) for size, step, room in zip(image.shape, by, shape, strict=True)]
    if all(end > begin for begin, end in spans):
        (row0, row1), (column0, column1) = spans
        out[row0:row1, column0:column1] = image[row0 - by[0] : row1 - by[0], column0 - by[1] : column1 - by[1]]
    return out


def _span(size: int, step: int, room: int) -> tuple[int, int]:
    return max(step, 0), min(size + step, room)


def window_of(shapes: Sequence[tuple[int, int]], places: Sequence[tuple[int, int]]) -> tuple[int, int, int, int]:
    """Window that all sessions share.

    Parameters
    ----------
    shapes
        Height and width of each session.
    places
        Where its first pixel lies after the shift.

    Returns
    -------
    tuple of int
        row0, row1, column0, column1, half open; empty (row1 <= row0 or column1 <= column0) where nothing is shared.
    """
    row0, column0 = (max(place[side] for place in places) for side in (0, 1))
    row1, column1 = (min(p[side] + s[side] for p, s in zip(places, shapes, strict=True)) for side in (0, 1))
    return row0, row1, column0, column1


def phase_shift(reference: np.ndarray, image: np.ndarray) -> Shift:
    """Shift that brings an image onto the reference, to a twentieth of a pixel.

    By the peak of the cross-correlation, refined by an upsampled discrete Fourier transform (Guizar-Sicairos et al.,
    Opt. Lett. 33, 156, 2008; `skimage.registration.phase_cross_correlation`), after what is wider than cells was
    taken out. Positive: towards larger height and width.

    Parameters
    ----------
    reference, image
        `(height, width)` of the same shape; NaN counts as nothing.
    """
    from skimage.registration import phase_cross_correlation

    shift, _, _ = phase_cross_correlation(
        _contrast(reference), _contrast(image), upsample_factor=UPSAMPLE, normalization=None
    )
    return float(shift[0]), float(shift[1])


def _contrast(image: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    values = image.astype(np.float64)
    finite = np.isfinite(values)
    values = np.where(finite, values, values[finite].mean() if finite.any() else 0.0)
    flat: np.ndarray = values - gaussian_filter(values, HIGH_PASS)
    return flat


def shifts_of(
    projections: Mapping[str, np.ndarray], reference: str, tick: Callable[[float], None] | None = None
) -> dict[str, Shift]:
    """Shift of every session onto the reference session, whose own is 0."""
    shifts: dict[str, Shift] = {}
    for done, (session, image) in enumerate(projections.items(), 1):
        shifts[session] = (0.0, 0.0) if session == reference else phase_shift(projections[reference], image)
        if tick is not None:
            tick(done / len(projections))
    return shifts
