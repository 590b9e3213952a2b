"""Frames as 8-bit numbers: one range of values per movie, 256 steps between its ends."""

from __future__ import annotations

import numpy as np

IDENTITY = (0.0, 255.0)
_BELOW, _ABOVE = 0.05, 0.25  # later frames are seldom darker, often brighter than the sample


def quantise(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map `low..high` to 0..255, rounded; what lies outside is clipped, NaN becomes 0.

    Parameters
    ----------
    values
        `(..., height, width)` numbers of any kind.
    low, high
        Values that become 0 and 255, in the units of `values`; `low < high`.

    Returns
    -------
    numpy.ndarray
        uint8 of the same shape.
    """
    if values.dtype == np.uint8 and (low, high) == IDENTITY:
        return values
    frames = values.reshape(-1, *values.shape[-2:]) if values.ndim > 2 else values[None]
    out = np.empty(frames.shape, np.uint8)
    for number, frame in enumerate(frames):  # frame by frame: the intermediates stay in the processor's cache
        out[number] = _quantised_frame(frame, low, high)
    return out.reshape(values.shape)


def _quantised_frame(frame: np.ndarray, low: float, high: float) -> np.ndarray:
    kind = frame.dtype if frame.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    work = np.fmax(frame, kind.type(low), dtype=kind)
    np.fmin(work, kind.type(high), out=work)
    work -= kind.type(low)
    work *= kind.type(255 / (high - low))
    work += kind.type(0.5)
    return work.astype(np.uint8)


def value_of(level: np.ndarray | int, low: float, high: float) -> np.ndarray | float:
    """Value in the middle of what a level 0..255 stands for; the inverse of `quantise` within half a step."""
    return low + np.asarray(level, np.float64) * (high - low) / 255


def sampled_range(sample: np.ndarray) -> tuple[float, float]:
    """Range of a whole movie from a sample of its frames, with a margin for what was not seen.

    Parameters
    ----------
    sample
        `(frame, height, width)` numbers; NaN and infinities are ignored.

    Returns
    -------
    low, high
        `low < high`, whatever the sample holds; `IDENTITY` for uint8.
    """
    if sample.dtype == np.uint8:
        return IDENTITY
    low, high = finite_range(sample)
    span = high - low
    below = low - _BELOW * span
    return (max(below, 0.0) if low >= 0 else below), high + (_ABOVE * span or 1.0)


def finite_range(values: np.ndarray) -> tuple[float, float]:
    """Smallest and largest finite value; 0, 0 when there is none."""
    if values.size == 0:
        return 0.0, 0.0
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def percentile_limits(
    levels: np.ndarray, low: float, high: float, below: float = 0.5, above: float = 99.8
) -> tuple[float, float]:
    """Colour limits that leave out the darkest and the brightest pixels.

    Parameters
    ----------
    levels
        uint8 frames, quantised with `low` and `high`.
    below, above
        Percentiles, 0..100.

    Returns
    -------
    low, high
        In the units of the movie; at least one step apart.
    """
    counts = np.bincount(levels.ravel(), minlength=256).cumsum()
    if counts[-1] == 0:
        return low, high
    first = int(np.searchsorted(counts, counts[-1] * below / 100, side="right"))
    last = int(np.searchsorted(counts, counts[-1] * above / 100, side="left"))
    first, last = min(first, 254), min(last, 255)
    step = (high - low) / 255
    return low + first * step, low + max(last, first + 1) * step


def reduced(levels: np.ndarray, scale: int) -> np.ndarray:
    """Mean of squares of `scale` x `scale` pixels; squares at the right and lower edge may be smaller.

    Parameters
    ----------
    levels
        `(frame, height, width)` uint8.

    Returns
    -------
    numpy.ndarray
        `(frame, ceil(height / scale), ceil(width / scale))` uint8.
    """
    if scale == 1:
        return levels
    rows = np.arange(0, levels.shape[1], scale)
    columns = np.arange(0, levels.shape[2], scale)
    sums = np.add.reduceat(np.add.reduceat(levels, rows, axis=1, dtype=np.uint32), columns, axis=2)
    tall, wide = (
        np.diff(np.append(starts, size)) for starts, size in zip((rows, columns), levels.shape[1:], strict=True)
    )
    counts = np.outer(tall, wide).astype(np.uint32)
    return ((sums + counts // 2) // counts).astype(np.uint8)
