"""Pairs of units that may be one cell, computed once for a session and kept in the disk cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minian_web.model.candidates import Pairs, correlated, overlaps
from minian_web.model.order import nearest_neighbour_walk
from minian_web.store.metrics import traces_guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from minian_web.model.footprints import Footprints
    from minian_web.model.keys import Key
    from minian_web.store.datasets import Dataset

__all__ = ["read_pairs"]

_KIND = "pairs-1"


def read_pairs(dataset: Dataset, key: Key = (), tick: Callable[[float], None] = lambda _: None) -> Pairs:
    """All pairs of a session whose footprints overlap, with the correlation of their calcium traces.

    Parameters
    ----------
    tick
        Called with the part done, 0..1; may raise to stop the work.

    Raises
    ------
    DataError
        If a chunk cannot be read.
    """
    guard = traces_guard(dataset, key)
    found = dataset.cache.get(_KIND, guard)
    if found is None:
        found = _computed(dataset, key, tick)
        dataset.cache.put(_KIND, guard, found)
    return Pairs(found["units"], found["overlap"], found["correlation"])


def _computed(dataset: Dataset, key: Key, tick: Callable[[float], None]) -> dict[str, np.ndarray]:
    footprints = dataset.footprints(key)
    units, overlap = overlaps(footprints)
    order = _close_together(footprints, units)
    units, overlap = units[order], overlap[order]
    known = set(dataset.container.variable("C").unit_ids().tolist()) if dataset.has("C") else set()
    nothing = np.full(dataset.frames.size, np.nan, np.float32)

    def read(unit: int) -> np.ndarray:
        return dataset.traces("C", [unit], key)[0] if unit in known else nothing

    return {"units": units, "overlap": overlap, "correlation": correlated(units, read, tick)}


def _close_together(footprints: Footprints, units: np.ndarray) -> np.ndarray:
    """Order of pairs in which each trace is needed several times within a short while."""
    place = dict(zip(footprints.unit_ids.tolist(), nearest_neighbour_walk(footprints.centroids).tolist(), strict=True))
    walked = np.array([sorted((place[a], place[b])) for a, b in units.tolist()], np.int64).reshape(-1, 2)
    return np.lexsort((walked[:, 1], walked[:, 0]))
