"""All traces of a session as one small picture: one row a unit, the largest value of each stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minian_web.store.metrics import traces_guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from minian_web.model.keys import Key
    from minian_web.store.datasets import Dataset

__all__ = ["read_raster"]

_KIND = "raster-1"
_MOST = 1500  # stretches of time
_BYTES_AT_ONCE = 16 * 2**20


def read_raster(
    dataset: Dataset, key: Key = (), name: str = "C", tick: Callable[[float], None] = lambda _: None
) -> np.ndarray:
    """Picture of all traces of a variable.

    Returns
    -------
    numpy.ndarray
        `(n, k)` uint8 in the order of the footprints, k at most 1,500 equal stretches of the frames: the largest value
        of each, 0 to the unit's own maximum as 0..255. A unit without a trace is dark.

    Raises
    ------
    DataError
        If a chunk cannot be read, or the dataset has no such variable.
    """
    guard = f"{traces_guard(dataset, key)} {name}"
    found = dataset.cache.get(_KIND, guard)
    if found is None:
        found = {"raster": _picture(dataset, key, name, tick)}
        dataset.cache.put(_KIND, guard, found)
    return found["raster"]


def _picture(dataset: Dataset, key: Key, name: str, tick: Callable[[float], None]) -> np.ndarray:
    units, count = dataset.unit_ids(key), dataset.frames.size
    edges = np.unique(np.linspace(0, count, min(_MOST, count) + 1).astype(np.int64))[:-1]
    picture = np.zeros((len(units), len(edges)), np.uint8)
    here = np.flatnonzero(np.isin(units, dataset.container.variable(name).unit_ids()))
    step = max(1, _BYTES_AT_ONCE // max(1, count * 8))
    for first in range(0, len(here) if len(edges) else 0, step):
        at = here[first : first + step]
        largest = np.maximum.reduceat(np.nan_to_num(dataset.traces(name, units[at], key)), edges, axis=1)
        peak = largest.max(axis=1, keepdims=True)
        scaled = np.divide(largest, peak, out=np.zeros_like(largest), where=peak > 0)
        picture[at] = (np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)
        tick(min(first + step, len(here)) / len(here))
    return picture
