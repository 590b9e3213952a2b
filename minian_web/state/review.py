"""State of CNMF Review: what is shown, what was decided, and whether it is safe on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import BadRequest, MinianWebError
from minian_web.jobs import Deliver, Job, Tick
from minian_web.model.decisions import Decisions, applied
from minian_web.model.footprints import Footprints, unit_at, units_in
from minian_web.model.keys import Key
from minian_web.model.order import nearest_neighbour_walk
from minian_web.model.walk import Walk
from minian_web.state.saver import Saver
from minian_web.state.traces import TraceReader

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.curation import Curation
    from minian_web.store.datasets import Dataset

DECISIONS = ("keep", "discard", "merge", "unmerge")


@dataclass(frozen=True)
class Opened:
    """What the page works on: a dataset, its decisions, and one session in it."""

    dataset: Dataset
    curation: Curation
    key: Key
    projection: np.ndarray | None


class ReviewState(param.Parameterized):
    """One reviewer at one dataset."""

    dataset = param.String(doc="Input: id of the dataset")
    key = param.Parameter((), doc="Input: session inside a merged dataset")
    frame = param.Integer(0, bounds=(0, None), doc="Input: position of the frame shown")
    unit = param.Integer(None, allow_None=True, doc="Input: the current unit, as in the page's address")
    movie = param.String(doc="Input: name of the movie shown beside the activity; empty for none")
    reviewer = param.String(doc="Input: who reviews")
    show_c = param.Boolean(True, doc="Input: show calcium traces")
    show_s = param.Boolean(True, doc="Input: show spikes")
    normalise = param.Boolean(True, doc="Input: scale each trace to its own range")
    advance = param.Boolean(True, doc="Input: go on to the next unit after keep or discard")

    opened = param.Parameter(None, doc="Output: the `Opened` dataset")
    footprints = param.ClassSelector(class_=Footprints, allow_None=True, doc="Output: the index of footprints")
    indexed = param.Number(0.0, bounds=(0, 1), doc="Output: how much of the index is done")
    movies = param.List([], doc="Output: pairings of movies with the dataset")
    walk = param.ClassSelector(class_=Walk, default=Walk(), doc="Output: groups, current and marked units")
    decisions = param.ClassSelector(class_=Decisions, allow_None=True, doc="Output: decisions as the page shows them")
    traces = param.Tuple((), length=None, doc="Output: `UnitTraces` of the units shown")
    saving = param.String("saved", doc="Output: saved, saving, writing or waiting")
    waiting_for = param.String(doc="Output: why nothing can be saved at the moment")
    message = param.String(doc="Output: why the last action was refused")
    notices = param.List([], doc="Output: what the reviewer must know before working")
    sisters = param.List([], doc="Output: sessions of the same animal that have no labels yet")
    error = param.String(doc="Output: why the dataset cannot be shown")
    asks_name = param.Boolean(False, doc="Output: a decision waits for the reviewer's name")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        super().__init__(**inputs)
        self._runtime = runtime
        self._deliver: Deliver = deliver or (lambda callback: callback())
        self._saver: Saver | None = None
        self._reader: TraceReader | None = None
        self._indexing: Job | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._held: tuple[str, tuple[int, ...]] | None = None
        self._first_save = True

    # --- opening ---------------------------------------------------------------------------------------------------

    @param.depends("dataset", "key", watch=True)
    def open(self) -> None:
        """Open the dataset; what is known is shown at once, the index follows."""
        self.close()
        if not self.dataset:
            return
        self._run(self._open, self._show, short=True, name="open dataset")

    def close(self) -> None:
        """Stop what runs for this page; decisions already taken go on being saved."""
        if self._indexing is not None:
            self._indexing.cancel()
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self.param.update(opened=None, footprints=None, indexed=0.0, traces=(), error="", message="", movies=[])

    def _run(self, work: Callable[[Tick], Any], done: Callable[[Any], None], **how: Any) -> Job:
        return self._runtime.jobs.run(work, done=done, failed=self._fail, deliver=self._deliver, **how)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, (MinianWebError, OSError)):
            raise error
        self.error = str(error)

    def _open(self, _tick: Tick) -> Opened:
        dataset = self._runtime.dataset(self.dataset)
        key = self.key if self.key in dataset.keys else dataset.keys[0]
        return Opened(dataset, self._runtime.curation(self.dataset), key, dataset.max_projection(key))

    def _show(self, opened: Opened) -> None:
        curation, dataset, key = opened.curation, opened.dataset, opened.key
        self._saver = Saver(
            curation, self._runtime.jobs, deliver=self._deliver, changed=self._saved, refused=self._refuse
        )
        self._reader = TraceReader(dataset, key, self._runtime.jobs, self._deliver)
        self._unsubscribe = curation.subscribe(lambda: self._deliver(self._refresh))
        frame = min(self.frame, max(dataset.frames.size - 1, 0))
        if frame != self.frame:
            self.message = f"There is no frame {self.frame}; the last of {dataset.frames.size} is shown."
        self.param.update(opened=opened, decisions=curation.decisions(key), notices=list(curation.notices), frame=frame)
        self._indexing = self._run(
            lambda tick: dataset.footprints(key, tick),
            self._indexed,
            progress=lambda fraction, *_: self.param.update(indexed=fraction),
            name="index footprints",
        )
        self._run(lambda _tick: self._runtime.movies(self.dataset), self._pair, name="pair movies")

    def _pair(self, movies: list[Any]) -> None:
        usable = [pairing for pairing in movies if pairing.status in ("paired", "confirmed")]
        names = [pairing.movie.name for pairing in usable]
        movie = self.movie if self.movie in names else next(iter(reversed(names)), "")
        self.param.update(movies=movies, movie=movie)

    def _indexed(self, footprints: Footprints) -> None:
        assert self.opened is not None
        order = footprints.unit_ids[np.argsort(nearest_neighbour_walk(footprints.centroids))]
        walk = Walk.through([int(unit) for unit in order])
        message = self.message
        if self.unit is not None:
            try:
                walk = walk.to_unit(self.unit)
            except BadRequest as error:
                message = str(error)
        self.param.update(footprints=footprints, indexed=1.0, walk=walk, message=message)
        curation = self.opened.curation
        self._run(lambda _tick: curation.bind_footprints(footprints.digest), lambda _: None, name="bind footprints")

    @param.depends("walk", watch=True)
    def _read_traces(self) -> None:
        self.unit = self.walk.current
        if self._reader is not None:
            self._reader.ask(
                self.walk.shown, self.walk.upcoming, lambda found: self.param.update(traces=found), self._fail
            )

    # --- walking ---------------------------------------------------------------------------------------------------

    def go(self, step: str, *arguments: Any) -> None:
        """Take one step of the walk by name, as `next_unit` or `to_group`; refusals become the message."""
        try:
            self.walk = getattr(self.walk, step)(*arguments)
        except BadRequest as error:
            self.message = str(error)

    def pick(self, height: float, width: float, add: bool = False) -> None:
        """Go to the unit at this place of the field of view, or mark it when `add`."""
        if self.opened is None or self.footprints is None:
            return
        row, column = self._pixel(height, width)
        unit = unit_at(self.footprints, row, column)
        if unit is not None:
            self.go("toggle" if add else "to_unit", unit)

    def pick_box(self, heights: tuple[float, float], widths: tuple[float, float]) -> None:
        """Walk through the units inside a box; a box without units changes nothing."""
        if self.opened is None or self.footprints is None:
            return
        corners = (self._pixel(heights[at], widths[at]) for at in (0, 1))
        rows, columns = (sorted(pair) for pair in zip(*corners, strict=True))
        units = units_in(self.footprints, rows[0], rows[1], columns[0], columns[1])
        if units.size:
            self.go("inside", [int(unit) for unit in units])
        else:
            self.message = "There are no units in this box."

    def _pixel(self, height: float, width: float) -> tuple[float, float]:
        dataset = self.opened.dataset
        row = np.interp(height, dataset.heights, np.arange(dataset.heights.size))
        column = np.interp(width, dataset.widths, np.arange(dataset.widths.size))
        return float(row), float(column)

    # --- deciding --------------------------------------------------------------------------------------------------

    def decide(self, kind: str, units: tuple[int, ...] | None = None) -> None:
        """Decide on the marked units, else on the current one: keep, discard, merge, unmerge.

        The page shows the decision at once; `saving` says when it is durable.
        """
        units = self._units_for(kind) if units is None else units
        if not self._may_decide(kind, units):
            return
        assert self.decisions is not None
        try:
            self.decisions = applied(self.decisions, kind, units)
        except BadRequest as error:
            self.message = str(error)
            return
        self._submit(lambda curation: curation.act(kind, units, reviewer=self.reviewer, key=self._key))
        self.walk = self._after(kind)

    def _units_for(self, kind: str) -> tuple[int, ...]:
        chosen, current = self.walk.chosen, self.walk.current
        if kind == "merge" and current is not None and current not in chosen:
            return (*chosen, current)
        return chosen

    def _after(self, kind: str) -> Walk:
        walk = self.walk.mark_none()
        return walk.next_unit() if self.advance and kind in ("keep", "discard") and not self.walk.marked else walk

    @property
    def _key(self) -> Key:
        return self.opened.key if self.opened is not None else ()

    def _may_decide(self, kind: str, units: tuple[int, ...]) -> bool:
        if self.opened is None or self.decisions is None:
            return False
        if not self.opened.curation.writable:
            self.message = self.opened.curation.read_only_reason
            return False
        if not self.reviewer:
            self._held = (kind, units)
            self.asks_name = True
            return False
        self.message = ""
        return True

    @param.depends("reviewer", watch=True)
    def _go_on(self) -> None:
        held, self._held = self._held, None
        self.asks_name = False
        if self.reviewer and held is not None:
            kind, units = held
            self.take_back(kind) if kind in ("undo", "redo") else self.decide(kind, units)

    def undo(self) -> None:
        """Take back the reviewer's own last action."""
        self.take_back("undo")

    def redo(self) -> None:
        """Take the reviewer's own last undo back."""
        self.take_back("redo")

    def take_back(self, kind: str) -> None:
        """Undo or redo; the result is shown once it is known to be allowed."""
        if self._may_decide(kind, ()):
            self._submit(lambda curation: getattr(curation, kind)(reviewer=self.reviewer))

    def _submit(self, act: Callable[[Any], object]) -> None:
        if self._saver is not None:
            self._saver.submit(act)

    def _saved(self) -> None:
        saver = self._saver
        if saver is None:
            return
        self.param.update(saving=saver.status, waiting_for=saver.reason)
        if saver.status == "saved":
            self._refresh()
            self._look_for_sisters()

    def _refresh(self) -> None:
        """Show what is decided on disk, unless decisions of this page are still on their way."""
        if self.opened is not None and self._saver is not None and not self._saver.pending:
            curation = self.opened.curation
            self.param.update(decisions=curation.decisions(self._key), notices=list(curation.notices))

    def _refuse(self, error: MinianWebError) -> None:
        self.message = str(error)
        self._refresh()

    # --- sister sessions -------------------------------------------------------------------------------------------

    def _look_for_sisters(self) -> None:
        if self._first_save and self.opened is not None:
            self._first_save = False
            self._run(lambda _tick: self._runtime.sisters(self.dataset), self._offer, name="sister sessions")

    def _offer(self, sisters: list[Any]) -> None:
        self.sisters = sisters

    def label_sisters(self) -> None:
        """Write identity labels into the sessions of the animal that have none, so that minian can merge them."""
        sisters, self.sisters = self.sisters, []
        self._run(
            lambda _tick: self._runtime.label_sisters(self.dataset, sisters),
            lambda _: self.param.update(message=f"Identity labels written into {len(sisters)} session(s)."),
            short=True,
            name="label sister sessions",
        )
