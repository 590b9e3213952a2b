"""How alike two footprints are after alignment."""

from __future__ import annotations

import numpy as np

from minian_web.model.footprints import Footprints

LEVEL = 0.2  # part of its maximum above which a pixel counts as belonging to a cell


def jaccard(one: Footprints, unit: int, other: Footprints, partner: int) -> float:
    """Pixels that both cells have, as a part of those that either has; a pixel counts from 20 % of the maximum."""
    first, second = _support(one, unit), _support(other, partner)
    both = np.intersect1d(first, second, assume_unique=True).size
    either = first.size + second.size - both
    return both / either if either else float("nan")


def correlation(one: Footprints, unit: int, other: Footprints, partner: int) -> float:
    """Cosine of two footprints as vectors of pixels: 1 for the same shape at the same place, 0 when apart."""
    (pixels, values), (others, weights) = one.of(unit), other.of(partner)
    norm = float(np.linalg.norm(values) * np.linalg.norm(weights))
    _, at, there = np.intersect1d(pixels, others, assume_unique=True, return_indices=True)
    return float(values[at] @ weights[there]) / norm if norm else float("nan")


def _support(footprints: Footprints, unit: int) -> np.ndarray:
    pixels, values = footprints.of(unit)
    return pixels[values >= LEVEL * values.max()] if values.size else pixels


def crop(footprints: Footprints, unit: int, centre: tuple[float, float], half: int) -> np.ndarray:
    """Footprint in a square around a place: `(2 half + 1, 2 half + 1)` float32, scaled to its maximum."""
    size = 2 * half + 1
    image = np.zeros((size, size), np.float32)
    pixels, values = footprints.of(unit)
    rows, columns = np.divmod(pixels, footprints.shape[1])
    rows, columns = rows - round(centre[0]) + half, columns - round(centre[1]) + half
    inside = (rows >= 0) & (rows < size) & (columns >= 0) & (columns < size)
    image[rows[inside], columns[inside]] = values[inside]
    peak = float(values.max(initial=0.0))
    return image / np.float32(peak) if peak > 0 else image
