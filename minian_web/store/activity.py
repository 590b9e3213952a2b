"""The activity A.C of some units as a movie that is computed when it is looked at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from minian_web.errors import BadRequest
from minian_web.model.keys import Key
from minian_web.model.quantise import quantise

if TYPE_CHECKING:
    from minian_web.model.footprints import Footprints
    from minian_web.store.datasets import Dataset

_KEPT = 24


class Activity:
    """Movie of the sum over units of footprint times calcium trace.

    Parameters
    ----------
    footprints
        Of at least these units.
    unit_ids
        The units.
    traces
        `(len(unit_ids), frame)`; NaN counts as 0.
    """

    def __init__(self, footprints: Footprints, unit_ids: Sequence[int], traces: np.ndarray) -> None:
        self.height, self.width = footprints.shape
        self._traces = np.nan_to_num(traces.astype(np.float32), copy=False)
        self.n_frames = self._traces.shape[1]
        parts = [footprints.of(unit) for unit in unit_ids]
        every = np.concatenate([np.zeros(0, np.int32), *(pixels for pixels, _ in parts)])
        self._pixels, rows = np.unique(every, return_inverse=True)
        values = np.concatenate([np.zeros(0, np.float32), *(values for _, values in parts)])
        columns = np.repeat(np.arange(len(parts)), [len(pixels) for pixels, _ in parts])
        self._weights = sparse.csr_array((values, (rows, columns)), shape=(self._pixels.size, len(parts)))
        self.range = 0.0, self._brightest(parts)

    def _brightest(self, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
        """Largest value that a single unit reaches; where units overlap, their sum may exceed it and is clipped."""
        peaks = [
            float(values.max()) * float(trace.max())
            for (_, values), trace in zip(parts, self._traces, strict=True)
            if values.size and trace.size
        ]
        return max([0.0, *peaks]) or 1.0

    def values(self, positions: Sequence[int]) -> np.ndarray:
        """Give frames `(len(positions), height, width)` float32 in the product of the units of A and C."""
        return self._spread(self._sums(positions), np.float32)

    def levels(self, positions: Sequence[int], low: float, high: float) -> np.ndarray:
        """Give frames as uint8, `low..high` mapped to 0..255."""
        background = quantise(np.zeros((1, 1), np.float32), low, high)[0, 0]
        return self._spread(quantise(self._sums(positions), low, high), np.uint8, background)

    def _sums(self, positions: Sequence[int]) -> np.ndarray:
        return np.ascontiguousarray((self._weights @ self._traces[:, list(positions)]).T)

    def _spread(self, sums: np.ndarray, dtype: type, background: float = 0) -> np.ndarray:
        out: np.ndarray = np.full((len(sums), self.height * self.width), background, dtype)
        out[:, self._pixels] = sums
        return out.reshape(-1, self.height, self.width)


class Activities:
    """The last few selections of units as movies, shared by all sessions."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, Key, tuple[int, ...]], Activity] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, dataset: Dataset, units: tuple[int, ...], key: Key = ()) -> Activity:
        """Movie of a selection.

        Raises
        ------
        BadRequest
            If a unit does not exist.
        DataError
            If A or C cannot be read.
        """
        return self._get((str(dataset.path), dataset.guard, key, units), lambda: _activity(dataset, units, key))

    def _get(self, name: tuple[str, str, Key, tuple[int, ...]], make: Callable[[], Activity]) -> Activity:
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
                return found
        found = make()
        with self._lock:
            self._kept[name] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def _activity(dataset: Dataset, units: tuple[int, ...], key: Key) -> Activity:
    if len(set(units)) != len(units):
        raise BadRequest("units: each unit once")
    known = set(map(int, dataset.unit_ids(key)))
    if unknown := [unit for unit in units if unit not in known]:
        raise BadRequest(f"there is no unit {unknown[0]} in this session")
    traces = dataset.traces("C", units, key) if units else np.zeros((0, dataset.frames.size), np.float32)
    return Activity(dataset.footprints_of(units, key), units, traces)
