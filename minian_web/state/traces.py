"""Traces of the shown units, read once and kept for as long as the reviewer is near."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minian_web.jobs import Deliver, Jobs, Tick
from minian_web.model.keys import Key

if TYPE_CHECKING:
    from minian_web.store.datasets import Dataset

BYTES_KEPT = 24 * 2**20
_AT_ONCE = 25  # units that are read between two looks whether to stop


@dataclass(frozen=True)
class UnitTraces:
    """Traces of one unit.

    Attributes
    ----------
    unit_id
        The unit.
    c, s, yra
        `(frame,)` float32, calcium trace, deconvolved spikes and raw trace in the pipeline's arbitrary units; None when
        the dataset has no such variable.
    name
        What stands beside the row; the unit's id when empty.
    """

    unit_id: int
    c: np.ndarray | None
    s: np.ndarray | None
    yra: np.ndarray | None = None
    name: str = ""

    @property
    def text(self) -> str:
        """What stands beside the row."""
        return self.name or str(self.unit_id)


Found = Callable[[tuple["UnitTraces", ...]], None]


class TraceReader:
    """Reads traces in the background; the latest request wins, the next units are fetched ahead."""

    def __init__(self, dataset: Dataset, key: Key, jobs: Jobs, deliver: Deliver) -> None:
        self._dataset, self._key, self._jobs, self._deliver = dataset, key, jobs, deliver
        self._kept: OrderedDict[int, UnitTraces] = OrderedDict()
        self._most = max(24, BYTES_KEPT // max(1, dataset.frames.size * 12))
        self._wanted: tuple[int, ...] = ()
        self._closed = False

    def close(self) -> None:
        """Deliver nothing any more."""
        self._closed = True

    @property
    def held(self) -> int:
        """Bytes of the traces that are kept."""
        rows = [trace for one in self._kept.values() for trace in (one.c, one.s, one.yra) if trace is not None]
        return sum(trace.nbytes for trace in rows)

    def load(self, units: Sequence[int], tick: Tick) -> tuple[UnitTraces, ...]:
        """Read the traces of many units, for a job; `tick` is told of the part done and may raise to stop."""
        found: list[UnitTraces] = []
        for first in range(0, len(units), _AT_ONCE):
            found += self._read(tuple(units[first : first + _AT_ONCE]), tick)
            tick(min(first + _AT_ONCE, len(units)) / len(units))
        return tuple(found)

    def keep_all(self, found: Sequence[UnitTraces]) -> None:
        """Keep all of these from now on, whatever the memory they take."""
        self._most = max(self._most, len(found))
        self._kept.update((one.unit_id, one) for one in found)

    def ask(
        self,
        units: Sequence[int],
        ahead: Sequence[int],
        done: Found,
        failed: Callable[[Exception], None],
    ) -> None:
        """Deliver the traces of `units`, at once when they are kept, and fetch those of `ahead` afterwards."""
        self._wanted = tuple(units)
        if all(unit in self._kept for unit in units):
            done(tuple(self._kept[unit] for unit in units))
            self._run(tuple(ahead), lambda _found: None, lambda _error: None)
            return

        def deliver(found: tuple[UnitTraces, ...]) -> None:
            if self._wanted == tuple(units):
                done(found)
                self._run(tuple(ahead), lambda _found: None, lambda _error: None)

        self._run(tuple(units), deliver, failed)

    def _run(self, units: tuple[int, ...], done: Found, failed: Callable[[Exception], None]) -> None:
        missing = tuple(unit for unit in units if unit not in self._kept)
        known = {unit: self._kept[unit] for unit in units if unit in self._kept}
        if not missing and known:
            done(tuple(known[unit] for unit in units))
            return

        def keep(found: tuple[UnitTraces, ...]) -> None:
            if self._closed:
                return
            for traces in found:
                self._kept[traces.unit_id] = traces
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            together = known | {traces.unit_id: traces for traces in found}
            done(tuple(together[unit] for unit in units))

        self._jobs.run(
            lambda tick: self._read(missing, tick),
            done=keep,
            failed=lambda error: None if self._closed else failed(error),
            deliver=self._deliver,
            short=True,
            name="read traces",
        )

    def _read(self, units: tuple[int, ...], _tick: Tick) -> tuple[UnitTraces, ...]:
        rows = {
            name: self._dataset.traces(name, units, self._key) if units and self._dataset.has(name) else None
            for name in ("C", "S", "YrA")
        }

        def of(name: str, row: int) -> np.ndarray | None:
            found = rows[name]
            return None if found is None else found[row]

        return tuple(UnitTraces(unit, of("C", row), of("S", row), of("YrA", row)) for row, unit in enumerate(units))
