"""The order in which units are gone through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def nearest_neighbour_walk(points: np.ndarray) -> np.ndarray:
    """Walk from point to nearest unvisited point, beginning at the one with the smallest height + width.

    Parameters
    ----------
    points
        `(n, 2)` positions (height, width). Points with NaN (units without a footprint) come last, in stored order.

    Returns
    -------
    numpy.ndarray
        `(n,)` int64: the place of each row in the walk, 0 for the first.
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    place = np.full(len(points), -1, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    left = points[known].copy()
    at = int(np.argmin(left.sum(axis=1))) if len(known) else 0
    for step in range(len(known)):
        place[known[at]] = step
        here = left[at].copy()
        left[at] = np.inf
        at = int(np.argmin(((left - here) ** 2).sum(axis=1)))
    place[place < 0] = np.arange(len(known), len(points))
    return place


def groups(unit_ids_in_order: Sequence[int] | np.ndarray, size: int = 5) -> list[tuple[int, ...]]:
    """Cut units into groups of `size`, the last one may be smaller."""
    units = [int(unit) for unit in unit_ids_in_order]
    return [tuple(units[first : first + size]) for first in range(0, len(units), size)]
