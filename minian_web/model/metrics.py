"""Numbers that say how much a unit looks like a cell; docs/guide.md defines each for users.

Nothing is decided by them: they sort and filter, until a user applies a rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from minian_web.model.footprints import Footprints, outline
from minian_web.model.transients import noise_levels, onsets

__all__ = ["DESCRIPTIONS", "METRICS", "Metrics", "footprint_metrics", "trace_metrics"]

METRICS = (
    "peak_snr",
    "noise",
    "event_rate",
    "area",
    "roundness",
    "border",
    "neighbour",
    "fit",
    "movie_match",
)
DESCRIPTIONS = {
    "peak_snr": "Largest value of C above its median, divided by the noise level",
    "noise": "Noise level of YrA where it is stored, else of C; in their arbitrary units",
    "event_rate": "Events a minute where the frame rate is known, else in 1,000 frames",
    "area": "Pixels of the footprint that are not 0",
    "roundness": "4 pi area / perimeter^2 of the outline: 1 for a circle",
    "border": "Pixels between what is above a fifth of the footprint's maximum and the border of the image",
    "neighbour": "Pixels to the centroid of the nearest other unit",
    "fit": "Correlation of C and YrA",
    "movie_match": "Correlation of the footprint with the movie at the unit's highest peaks",
}


@dataclass(frozen=True, eq=False)
class Metrics:
    """Metrics of the units of a session.

    Attributes
    ----------
    unit_ids
        `(n,)` int64, in stored order.
    columns
        By name, one of `METRICS`: `(n,)` float64, NaN where it cannot be said. A metric that the data do not allow at
        all (fit without YrA, movie_match without a movie) is missing. `event_rate` is in 1,000 frames.
    """

    unit_ids: np.ndarray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def with_columns(self, more: Mapping[str, np.ndarray]) -> Metrics:
        """Add or replace columns; they come in the order of `METRICS`."""
        every = {**self.columns, **more}
        return Metrics(self.unit_ids, {name: every[name] for name in METRICS if name in every})


def footprint_metrics(footprints: Footprints) -> dict[str, np.ndarray]:
    """Metrics of the footprints alone: area, roundness, border, neighbour; NaN for an empty footprint."""
    empty = footprints.areas == 0
    height, width = footprints.shape
    cores = [footprints.core(int(unit)) for unit in footprints.unit_ids]
    row0, row1, column0, column1 = np.array(cores, np.float64).reshape(-1, 4).T
    border = np.minimum.reduce([row0, height - row1, column0, width - column1])
    found = {
        "area": footprints.areas.astype(np.float64),
        "roundness": np.array([roundness(footprints, int(unit)) for unit in footprints.unit_ids]),
        "border": border,
        "neighbour": _nearest(footprints.centroids),
    }
    return {name: np.where(empty, np.nan, values) for name, values in found.items()}


def roundness(footprints: Footprints, unit_id: int) -> float:
    """Circularity of a unit's largest outline at a fifth of its maximum: 4 pi area / perimeter^2 (Cox 1927)."""
    best = (0.0, np.nan)
    for line in outline(footprints, unit_id):
        rows, columns = line.T
        area = abs(float(rows[:-1] @ columns[1:] - rows[1:] @ columns[:-1])) / 2
        length = float(np.hypot(np.diff(rows), np.diff(columns)).sum())
        if area > best[0]:
            best = area, min(4 * math.pi * area / length**2, 1.0)
    return best[1]


def _nearest(centroids: np.ndarray) -> np.ndarray:
    """Distance of each centroid `(n, 2)` to the nearest other one; NaN where there is none."""
    distance = np.full(len(centroids), np.nan)
    known = np.flatnonzero(np.isfinite(centroids).all(axis=1))
    if len(known) > 1:
        distance[known] = cKDTree(centroids[known]).query(centroids[known], k=2)[0][:, 1]
    return distance


def trace_metrics(c: np.ndarray, s: np.ndarray | None = None, yra: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Metrics of traces: noise, peak_snr, event_rate (where there are spikes), fit (where there is YrA).

    Parameters
    ----------
    c, s, yra
        `(n, T)`; frames that are NaN are left out.

    Returns
    -------
    dict
        `(n,)` float64 each; NaN for a trace that is NaN all over or constant.
    """
    noise = noise_levels(c if yra is None else yra)
    there = np.isfinite(c).any(axis=1)
    filled = np.where(there[:, None], c, 0.0)
    found = {
        "noise": noise,
        "peak_snr": np.divide(_height(filled), noise, out=np.full(len(c), np.nan), where=noise > 0),
    }
    if s is not None:
        frames = np.isfinite(s).sum(axis=1)
        count = np.array([onsets(row).size for row in s], np.float64)
        found["event_rate"] = _ratio(1000 * count, frames)
    if yra is not None:
        found["fit"] = rowwise_correlation(c, yra)
    return {name: np.where(there, values, np.nan) for name, values in found.items()}


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def _height(traces: np.ndarray) -> np.ndarray:
    """Largest value of each trace `(n, T)` above its median."""
    if not traces.shape[1]:
        return np.full(len(traces), np.nan)
    middle = np.median if np.isfinite(traces).all() else np.nanmedian  # the latter is ten times slower
    return np.nanmax(traces, axis=1) - middle(traces, axis=1)


def rowwise_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of each row of `a` with the same row of `b`, `(n,)`; NaN frames are left out."""
    both = np.isfinite(a) & np.isfinite(b)
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    x, y = (np.where(both, values, 0).astype(np.float64) for values in (a, b))
    x = np.where(both, x - x.sum(axis=1, keepdims=True) / count, 0)
    y = np.where(both, y - y.sum(axis=1, keepdims=True) / count, 0)
    scale = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return _ratio((x * y).sum(axis=1), scale)
