"""How good an alignment is: correlations of aligned projections, and what a person should be warned of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minian_web.model.registration.alignment import Shift

LOW_CORRELATION = 0.3
LARGE_SHIFT = 0.15  # part of the field of view
SMALL_WINDOW = 0.7  # part of the field of view
UNEQUAL_COUNTS = 1.5


def correlations(images: Sequence[np.ndarray]) -> np.ndarray:
    """Pearson correlation of each two images over the pixels that both have: `(n, n)`, NaN where they share none.

    Parameters
    ----------
    images
        `(height, width)` each, NaN where nothing is known.
    """
    result = np.eye(len(images))
    for a, one in enumerate(images):
        for b in range(a):
            result[a, b] = result[b, a] = _correlation(one, images[b])
    return result


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    first, second = one[both].astype(np.float64), other[both].astype(np.float64)
    if first.size < 2 or not first.std() or not second.std():
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def warnings_of(
    correlation: np.ndarray,
    shifts: Mapping[str, Shift],
    counts: Mapping[str, int],
    window: tuple[int, int, int, int],
    shape: tuple[int, int],
) -> list[str]:
    """What a person should look at before trusting the matches, one sentence each; none is good."""
    sessions = list(shifts)
    found = [
        f"{sessions[a]} and {sessions[b]} look little alike after alignment (correlation {correlation[a, b]:.2f})."
        for a in range(len(sessions))
        for b in range(a)
        if not correlation[a, b] >= LOW_CORRELATION
    ]
    return [*found, *_large(shifts, shape), *_small(window, shape), *_unequal(counts)]


def _large(shifts: Mapping[str, Shift], shape: tuple[int, int]) -> list[str]:
    return [
        f"{session} is shifted far: {shift[0]:+.1f} px in height, {shift[1]:+.1f} px in width."
        for session, shift in shifts.items()
        if any(abs(part) > LARGE_SHIFT * size for part, size in zip(shift, shape, strict=True))
    ]


def _small(window: tuple[int, int, int, int], shape: tuple[int, int]) -> list[str]:
    part = max(window[1] - window[0], 0) * max(window[3] - window[2], 0) / (shape[0] * shape[1])
    return [f"The sessions share only {part:.0%} of the field of view."] if part < SMALL_WINDOW else []


def _unequal(counts: Mapping[str, int]) -> list[str]:
    few, many = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[many] <= UNEQUAL_COUNTS * counts[few]:
        return []
    return [f"{many} has {counts[many]} cells, {few} only {counts[few]}."]
