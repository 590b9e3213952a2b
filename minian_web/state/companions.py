"""What stands beside the review of one dataset: table, metrics, merge queue, history; they follow the review."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job
from minian_web.model.agreement import Agreement
from minian_web.state.merge_queue import MergeQueue
from minian_web.state.review_log import CarryOver, ReviewLog
from minian_web.state.unit_metrics import UnitMetrics, rows_of
from minian_web.state.unit_table import UnitTable
from minian_web.store.raster import read_raster

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.state.review import ReviewState

__all__ = ["Companions"]


class Companions(param.Parameterized):
    """Everything around a `ReviewState` that is not needed for the first picture."""

    notes = param.Dict({}, doc="Output: note about each unit that has one")
    sets = param.Parameter(("main",), doc="Output: sets of decisions that there are")
    raster = param.Parameter(
        None, doc="Output: `(n, k)` uint8, all traces as a picture, in the order of the footprints"
    )
    carry = param.ClassSelector(class_=CarryOver, allow_None=True, doc="Output: decisions that could be carried over")

    def __init__(self, review: ReviewState, runtime: Runtime, deliver: Deliver) -> None:
        super().__init__()
        self.review, self._runtime, self._deliver = review, runtime, deliver
        self.table = UnitTable()
        self.metrics = UnitMetrics(runtime, deliver)
        self.queue = MergeQueue(
            runtime, deliver, lambda units: review.go("beside", units), review.decide_about, review.remark
        )
        self.log: ReviewLog | None = None
        self._walks = False
        self._drawing: Job | None = None
        watch = review.param.watch
        watch(lambda event: self._begin() if event.new is not None else self.close(), "footprints")
        watch(lambda event: self.metrics.follow_movie(event.new), "movie")
        watch(lambda *_: self._follow(), ["decisions", "saving", "label_set"])
        watch(lambda *_: self._look_back(), "notices")  # a log is put aside once the footprints were compared
        self.metrics.param.watch(lambda *_: self._fill(), ["metrics", "frame_rate"])
        self.table.param.watch(lambda *_: self._walk_along(), "units")

    def close(self) -> None:
        """Stop what runs."""
        if self._drawing is not None:
            self._drawing.cancel()
        self._drawing = None
        self.metrics.close()
        self.queue.close()
        self.log, self._walks = None, False
        self.param.update(notes={}, sets=("main",), carry=None, raster=None)
        self.table.columns = {}

    def _begin(self) -> None:
        review = self.review
        self.log = ReviewLog(review.opened)
        self._follow()
        self.metrics.begin(review.opened, review.movie)
        self.queue.begin(review.opened, review.decisions, review.label_set)
        self._look_back()

    def _follow(self) -> None:
        review = self.review
        if self.log is None or review.decisions is None:
            return
        self.param.update(notes=self.log.notes(review.label_set), sets=self.log.sets())
        self._fill()
        self.queue.follow(review.decisions, review.label_set)

    def _fill(self) -> None:
        review, metrics = self.review, self.metrics
        if self.log is not None and review.decisions is not None:
            columns = rows_of(review.decisions, metrics.metrics, self.notes, metrics.frame_rate)
            self.table.follow(columns, review.walk.order)

    def read_raster(self) -> None:
        """Make the picture of all traces, once; `raster` has it when it is ready."""
        review = self.review
        if self._drawing is not None or self.log is None or not review.opened.dataset.has("C"):
            return
        dataset, key = review.opened.dataset, review.opened.key
        self._drawing = self._runtime.jobs.run(
            lambda tick: read_raster(dataset, key, tick=tick),
            done=lambda found: setattr(self, "raster", found),
            failed=lambda error: self._say(str(error)),
            deliver=self._deliver,
            name="raster of all traces",
        )

    # --- table -----------------------------------------------------------------------------------------------------

    @property
    def walks_along(self) -> bool:
        """Whether the walk goes as the table is sorted and filtered."""
        return self._walks

    def walk_along(self, along: bool) -> None:
        """Walk as the table is sorted and filtered, or among neighbours again."""
        self._walks = along
        if along:
            self._walk_along()
        else:
            self.review.go("everywhere")

    def _walk_along(self) -> None:
        if self._walks and self.table.units:
            self.review.go("along", self._with_current(list(self.table.units)))

    def _with_current(self, units: list[int]) -> list[int]:
        """Keep the current unit where it stands although it was just decided and is no longer listed."""
        walk = self.review.walk
        order = [unit for group in walk.groups for unit in group]
        if walk.current is not None and walk.current not in units and walk.current in order:
            left = set(units)
            later = [unit for unit in order[order.index(walk.current) + 1 :] if unit in left]
            units.insert(units.index(later[0]) if later else len(units), walk.current)
        return units

    def decide_listed(self, kind: str) -> None:
        """Keep or discard all undecided units that the table lists, as one action."""
        review, table, now = self.review, self.table, self.review.decisions
        if now is not None:
            what = f"{kind} {table.filter.strip() or 'all'}"
            self._try(lambda: review.put("rule", table.decided(now, kind), what))

    # --- notes and history -----------------------------------------------------------------------------------------

    def write_note(self, unit: int, text: str) -> None:
        """Write a note about a unit; an empty one takes it away."""
        if text.strip() != self.notes.get(unit, "") and self.review.remark("note", (unit,), text.strip()):
            self.notes = {**self.notes, unit: text.strip()}
            self._fill()

    def go_back(self, line_id: str) -> None:
        """Return to the decisions as they were after a line, which is an action of its own."""
        log = self.log
        if log is not None:
            self._try(lambda: self.review.put("revert", log.after(line_id), f"as after {line_id}"))

    # --- second opinion --------------------------------------------------------------------------------------------

    def compare(self, first: str, second: str) -> Agreement | None:
        """How far two sets agree; None when they cannot be compared."""
        log = self.log
        return None if log is None else self._try(lambda: log.compare(first, second))

    def adopt(self, first: str, second: str) -> None:
        """Take what two sets agree on over into the set that the arrays hold."""
        log, review = self.log, self.review
        if log is not None:
            review.label_set = "main"
            self._try(lambda: review.put("adopt", log.consensus(first, second), f"{first} and {second}"))

    # --- earlier cells ---------------------------------------------------------------------------------------------

    def _look_back(self) -> None:
        log = self.log
        if log is None or not self.review.opened.curation.writable:
            return

        def find(_tick: Any) -> CarryOver | None:
            found = [one for one in log.earlier() if one.footprints is not None]
            return log.carry_over(found[0]) if found else None

        def offer(found: CarryOver | None) -> None:
            if self.log is log:
                self.carry = found if found is not None and any(found.changes.values()) else None

        self._runtime.jobs.run(
            find,
            done=offer,
            failed=lambda error: self._say(str(error)),
            deliver=self._deliver,
            name="earlier decisions",
        )

    def carry_over(self) -> None:
        """Take decisions about earlier cells over, as `carry` says."""
        offered, self.carry = self.carry, None
        if offered is not None:
            self._try(lambda: self.review.put("carry", offered.after, offered.source))

    def _say(self, text: str) -> None:
        self.review.message = text

    def _try(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except MinianWebError as error:
            self._say(str(error))
            return None
