"""Rigid shifts: estimated, applied, and how crisp a projection they leave.

A shift is the correction in pixels (height, width), positive towards larger coordinates.
"""

from __future__ import annotations

import numpy as np

from minian_web.errors import BadRequest

FINE, COARSE = 2.0, 8.0  # widths of the gaussians in pixels


def prepared(image: np.ndarray) -> np.ndarray:
    """Keep of an image what has the size of cells (2 to 8 pixels): glow and grain move the peak of a correlation."""
    from scipy.ndimage import gaussian_filter

    values = np.asarray(image, np.float32)
    return gaussian_filter(values, FINE) - gaussian_filter(values, COARSE)


def template_spectrum(template: np.ndarray) -> np.ndarray:
    """Conjugate spectrum of a `prepared` template `(height, width)`, to estimate many shifts against it."""
    return np.conj(np.fft.rfft2(template))


def estimate_shift(frame: np.ndarray, spectrum: np.ndarray, farthest: int = 20) -> tuple[float, float]:
    """Estimate the shift that brings a frame onto the template.

    Parameters
    ----------
    frame
        `(height, width)`, `prepared`.
    spectrum
        See `template_spectrum`.
    farthest
        Shifts beyond this many pixels on an axis are not looked for.

    Returns
    -------
    tuple of float
        Height and width: the peak of the cross-correlation, and the top of the parabola through the peak and its
        neighbours on each axis.
    """
    correlation = np.fft.irfft2(np.fft.rfft2(frame) * spectrum, frame.shape)
    near = [np.minimum(np.arange(size), size - np.arange(size)) <= farthest for size in correlation.shape]
    peak = np.unravel_index(
        int(np.argmax(np.where(near[0][:, None] & near[1][None, :], correlation, -np.inf))), correlation.shape
    )
    found = []
    for axis, place in enumerate(peak):
        size = correlation.shape[axis]
        line = np.take(correlation, [place - 1, place, place + 1], axis=axis, mode="wrap")
        before, top, after = line[(slice(None), peak[1])] if axis == 0 else line[peak[0]]
        moved = place + _vertex(before, top, after)
        found.append(-(moved - size if moved > size / 2 else moved))
    return float(found[0]), float(found[1])


def _vertex(before: float, top: float, after: float) -> float:
    bend = before - 2 * top + after
    return 0.0 if bend >= 0 else 0.5 * (before - after) / bend


def shift_whole(frame: np.ndarray, shift: tuple[float, float], fill: float = 0.0) -> np.ndarray:
    """Move a frame by a shift rounded to whole pixels, as float64; what came in is `fill`."""
    if not np.isfinite(shift).all():
        raise BadRequest(f"a shift must be numbers, not {shift}")
    result = np.full(frame.shape, fill, np.float64)
    rows, columns = (round(float(one)) for one in shift)
    (to_rows, from_rows), (to_columns, from_columns) = (
        _overlap(by, size) for by, size in zip((rows, columns), frame.shape, strict=True)
    )
    result[to_rows, to_columns] = frame[from_rows, from_columns]
    return result


def _overlap(by: int, size: int) -> tuple[slice, slice]:
    by = int(np.clip(by, -size, size))
    return (slice(by, size), slice(0, size - by)) if by >= 0 else (slice(0, size + by), slice(-by, size))


def crispness(image: np.ndarray) -> float:
    """How sharp a projection is: norm of its gradient over the root of the number of pixels; motion blurs it."""
    values = np.nan_to_num(np.asarray(image, np.float64))
    if min(values.shape) < 2:
        raise BadRequest(f"an image of {values.shape} has no gradient")
    rows, columns = np.gradient(values)
    return float(np.sqrt(np.mean(rows**2 + columns**2)))
