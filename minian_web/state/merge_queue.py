"""Units that may be one cell, likeliest first, to be merged or called different cells one group after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job
from minian_web.model.candidates import Group, Pairs, groups, merged_trace, undecided_pairs
from minian_web.model.decisions import Decisions
from minian_web.state.traces import UnitTraces
from minian_web.store.candidates import read_pairs
from minian_web.store.recollection import apart

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.state.review_data import Opened

__all__ = ["MergeQueue", "preview"]


class MergeQueue(param.Parameterized):
    """The queue of one page.

    Parameters
    ----------
    runtime
        Of the process.
    show
        Called with the units of the group that is looked at.
    decide
        Merges units; says whether it was possible.
    remark
        Writes down that units are different cells; says whether it was possible.
    """

    overlap = param.Number(0.3, bounds=(0, 1), doc="Input: least overlap of two footprints (cosine)")
    correlation = param.Number(0.7, bounds=(-1, 1), doc="Input: least correlation of two calcium traces")
    groups = param.Parameter((), doc="Output: `Group`s that are still a question, likeliest first")
    current = param.ClassSelector(class_=Group, allow_None=True, doc="Output: the group that is looked at")
    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of the comparison is done")
    error = param.String(doc="Output: why units could not be compared")

    def __init__(
        self,
        runtime: Runtime,
        deliver: Deliver,
        show: Callable[[tuple[int, ...]], None],
        decide: Callable[[str, tuple[int, ...]], bool],
        remark: Callable[[str, tuple[int, ...]], bool],
    ) -> None:
        super().__init__()
        self._runtime, self._deliver = runtime, deliver
        self._show, self._decide, self._remark = show, decide, remark
        self._opened: Opened | None = None
        self._label_set = "main"
        self._pairs: Pairs | None = None
        self._decisions: Decisions | None = None
        self._dismissed: set[frozenset[int]] = set()
        self._job: Job | None = None
        self.param.watch(lambda *_: self._sort(), ["overlap", "correlation"])

    def begin(self, opened: Opened, decisions: Decisions | None, label_set: str = "main") -> None:
        """Compare the units of a session."""
        self.close()
        self._opened, self._decisions, self._label_set = opened, decisions, label_set
        self.progress = 0.0
        self._job = self._runtime.jobs.run(
            lambda tick: read_pairs(opened.dataset, opened.key, tick),
            done=self._compared,
            failed=self._failed,
            progress=self._progressed,
            deliver=self._deliver,
            name="merge candidates",
        )

    def close(self) -> None:
        """Stop what runs."""
        if self._job is not None:
            self._job.cancel()
        self._job, self._pairs, self._opened = None, None, None
        self._dismissed.clear()
        self.param.update(groups=(), current=None, progress=None, error="")

    def follow(self, decisions: Decisions | None, label_set: str = "main") -> None:
        """Take out what was decided meanwhile."""
        self._decisions, self._label_set = decisions, label_set
        self._sort()

    def _compared(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self.progress = None
        self._sort()

    def _progressed(self, fraction: float, *_: object) -> None:
        self.progress = min(fraction, 1.0)

    def _failed(self, error: Exception) -> None:
        self.param.update(progress=None, error=str(error))
        if not isinstance(error, MinianWebError | OSError):
            raise error

    def _sort(self) -> None:
        if self._pairs is None or self._decisions is None or self._opened is None:
            return
        lines = self._opened.curation.history()
        dismissed = {*self._dismissed, *apart(lines, self._opened.key, self._label_set)}
        likely = self._pairs.above(self.overlap, self.correlation)
        found = groups(undecided_pairs(likely, self._decisions, dismissed))
        if found != self.groups:
            self.groups = found
        if self.current is not None and self.current not in found:
            self.current = None

    # --- going through ---------------------------------------------------------------------------------------------

    def look(self, group: Group | None) -> None:
        """Show a group."""
        self.current = group
        if group is not None:
            self._show(group.units)

    def step(self, by: int = 1) -> None:
        """Show the next group, or the one before; the first when none is shown."""
        if not self.groups:
            self.current = None
            return
        at = self.groups.index(self.current) + by if self.current in self.groups else 0
        self.look(self.groups[min(max(at, 0), len(self.groups) - 1)])

    def accept(self) -> None:
        """Make one cell of the group that is shown, and go on to the next."""
        if self.current is not None:
            self._finish(self.current, lambda units: self._decide("merge", units))

    def dismiss(self) -> None:
        """Write down that the units shown are different cells, and go on to the next group."""
        if self.current is not None:
            group = self.current

            def dismiss(units: tuple[int, ...]) -> bool:
                if not self._remark("apart", units):
                    return False
                self._dismissed |= {frozenset(pair[:2]) for pair in group.pairs}
                self._sort()
                return True

            self._finish(group, dismiss)

    def leave_out(self, unit: int) -> None:
        """Take one unit out of the group that is shown; the rest stays a question."""
        if self.current is None:
            return
        rest = tuple(pair for pair in self.current.pairs if unit not in pair[:2])
        units = tuple(sorted({one for pair in rest for one in pair[:2]}))
        if rest and self._remark("apart", (unit, *units)):
            self._dismissed |= {frozenset((unit, other)) for other in units}
            self._sort()
            self.look(next((group for group in self.groups if set(group.units) & set(units)), None))

    def _finish(self, group: Group, act: Callable[[tuple[int, ...]], bool]) -> None:
        at = self.groups.index(group) if group in self.groups else 0
        if act(group.units):
            left = [one for one in self.groups if one != group]
            self.look(left[min(at, len(left) - 1)] if left else None)


def preview(traces: tuple[UnitTraces, ...], units: tuple[int, ...]) -> UnitTraces | None:
    """Traces of the cell that these units would become; None until all of them are known."""
    known = {row.unit_id: row for row in traces}
    if len(units) < 2 or any(unit not in known for unit in units):
        return None

    def mean(name: str) -> Any:
        rows = [getattr(known[unit], name) for unit in units]
        if any(row is None for row in rows):
            return None
        return merged_trace(np.stack(rows))

    return UnitTraces(min(units), mean("c"), mean("s"), mean("yra"), name="merged")
