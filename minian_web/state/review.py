"""State of CNMF Review: what the reviewer decides, and whether it is safe on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import BadRequest, MinianWebError
from minian_web.jobs import Deliver
from minian_web.model.decisions import Decisions, applied, labelled
from minian_web.state.companions import Companions
from minian_web.state.review_data import Opened, ReviewData
from minian_web.state.review_exports import ReviewExports
from minian_web.state.working import Signing
from minian_web.store.history import MAIN
from minian_web.store.saver import Wish

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.curation import Curation

GOES_ON = ("keep", "discard", "discard_unit")


class ReviewState(Signing, ReviewData):
    """One reviewer at one dataset."""

    label_set = param.String(MAIN, doc="Input: set of decisions, `main` or one of the reviewer's own")
    advance = param.Boolean(True, doc="Input: go on to the next unit after keep or discard")

    decisions = param.ClassSelector(class_=Decisions, allow_None=True, doc="Output: decisions as the page shows them")
    saving = param.String("saved", doc="Output: as `Saver.status`: saved, saving, writing, waiting, behind")
    waiting_for = param.String(doc="Output: why nothing can be saved at the moment")
    exports = param.Dict({}, doc="Output: bytes of the files to download, by form: csv, zarr (in a zip)")
    sisters = param.List([], doc="Output: sessions of the same animal that have no labels yet")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._unsubscribe: Callable[[], None] = lambda: None
        self._offered = False
        super().__init__(runtime, deliver, **inputs)
        self.companions = Companions(self, runtime, self._deliver)
        self.exporting = ReviewExports(runtime, self._deliver)
        self.param.watch(lambda *_: self._go_on(), "reviewer")
        self.param.watch(lambda *_: self._refresh(), "label_set")

    def close(self) -> None:
        """Stop what runs for this page; decisions already taken go on being saved."""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self.exporting.cancel()
        super().close()
        self.param.update(decisions=None, sisters=[], exports={}, saving="saved", waiting_for="")

    def _show(self, opened: Opened) -> None:
        ends = (
            opened.curation.subscribe(lambda: self._deliver(self._refresh)),
            opened.saver.subscribe(lambda: self._deliver(self._follow)),
        )

        def unsubscribe() -> None:
            for end in ends:
                end()

        self._unsubscribe = unsubscribe
        saver = opened.saver
        self.param.update(decisions=saver.shown(opened.key, self.label_set), notices=self._to_know(opened.curation))
        self.param.update(saving=saver.status, waiting_for=saver.reason)
        super()._show(opened)

    @staticmethod
    def _to_know(curation: Curation) -> list[str]:
        reason = curation.read_only_reason
        return [*([f"Nothing can be decided here: {reason}"] if reason else []), *curation.notices]

    # --- deciding --------------------------------------------------------------------------------------------------

    def decide(self, kind: str) -> None:
        """Decide on the marked units, else on the current one; `kind` as `model.decisions.applied` has them.

        The page shows the decision at once; `saving` says when it is durable.
        """
        if not self._may_decide(lambda: self.decide(kind)):
            return
        assert self.decisions is not None
        units, seen = self._units_for(kind), self.decisions
        try:
            decisions = applied(self.decisions, kind, units)
        except BadRequest as error:
            self.message = str(error)
            return
        self._submit(kind, units, seen)  # before it is shown: no decision stands beside an older "saved"
        self.decisions = decisions
        goes_on = self.advance and kind in GOES_ON and not self.walk.marked
        walk = self.walk.mark_none()
        self._stand(walk.next_unit() if goes_on else walk)

    def decide_about(self, kind: str, units: tuple[int, ...]) -> bool:
        """Decide on these units, wherever the walk stands; whether it was possible."""
        return self._may_decide(lambda: self.decide_about(kind, units)) and self._act(kind, units)

    def _act(self, kind: str, units: tuple[int, ...]) -> bool:
        seen = self.decisions
        assert seen is not None
        try:
            self.decisions = applied(seen, kind, units)
        except BadRequest as error:
            self.message = str(error)
            return False
        self._submit(kind, units, seen)
        return True

    def put(self, kind: str, after: Decisions, note: str = "") -> bool:
        """Decide about many units as one action, `kind` as `Curation.put`; whether it was possible."""
        if not self._may_decide(lambda: self.put(kind, after, note)):
            return False
        if self.opened.saver.turning:
            self.message = "An undo is still on its way; try again in a moment."
            return False
        if after == self.decisions:
            self.message = "Nothing would change."
            return False
        seen, self.decisions = self.decisions, after
        self._submit(kind, (), seen, after=after, note=note)
        return True

    def set_label(self, unit: int, label: int) -> None:
        """Give one unit a label by hand, as `model.decisions.labelled`."""
        if self.decisions is None:
            return
        try:
            self.put("label", labelled(self.decisions, unit, label), f"unit {unit}: label {label}")
        except BadRequest as error:
            self.message = str(error)

    def use_set(self, label_set: str) -> None:
        """Work in the set `main`, or in another one, without seeing the others."""
        self.message = ""
        if label_set != self.label_set:
            self.label_set = label_set

    def remark(self, kind: str, units: tuple[int, ...], note: str = "") -> bool:
        """Write down something that decides nothing, `kind` as `Curation.remark`; whether it was possible."""
        if not units or not self._may_decide(lambda: self.remark(kind, units, note)):
            return False
        self._submit(kind, units, note=note)
        return True

    def _units_for(self, kind: str) -> tuple[int, ...]:
        chosen, current = self.walk.chosen, self.walk.current
        if kind == "merge" and current is not None and current not in chosen:
            return (*chosen, current)
        return chosen

    def undo(self) -> None:
        """Take back the reviewer's own last action; shown once it is known to be allowed."""
        self._take_back("undo")

    def redo(self) -> None:
        """Take the reviewer's own last undo back."""
        self._take_back("redo")

    def _take_back(self, kind: str) -> None:
        if self._may_decide(lambda: self._take_back(kind)):
            self._submit(kind)

    def _may_decide(self, again: Callable[[], Any]) -> bool:
        """Whether an action can be taken now; one that waits for the reviewer's name is done `again` later."""
        if self.opened is None or self.decisions is None:
            return False
        self.message = ""
        if not self.opened.curation.writable:
            self.message = self.opened.curation.read_only_reason
            return False
        return self._signed(again)

    # --- saving ----------------------------------------------------------------------------------------------------

    def _submit(self, kind: str, units: tuple[int, ...] = (), seen: Decisions | None = None, **more: Any) -> None:
        saver = self.opened.saver
        saver.submit(
            Wish(
                kind,
                self.reviewer,
                refused=lambda error: self._deliver(lambda: self._refuse(error)),
                units=units,
                key=self.opened.key,
                seen=None if saver.turning else seen,
                page=self,
                label_set=self.label_set,
                **more,
            )
        )
        self._show_saving()

    def _show_saving(self) -> None:
        saver = self.opened.saver
        self.param.update(saving=saver.status, waiting_for=saver.reason)

    def _follow(self) -> None:
        if self.opened is None:
            return
        self._show_saving()
        if self.saving == "saved":
            self._refresh()
            self._look_for_sisters()

    def _refresh(self) -> None:
        """Show what is decided, with what is still on its way to the disk."""
        if self.opened is not None:
            curation = self.opened.curation
            decisions = self.opened.saver.shown(self.opened.key, self.label_set)
            self.param.update(decisions=decisions, notices=self._to_know(curation))

    def _refuse(self, error: MinianWebError) -> None:
        self._refresh()
        self.message = str(error)

    def prepare_exports(self) -> None:
        """Make the files that can be downloaded; `exports` has them when they are ready."""
        self.exports = {}
        dataset = self.dataset
        self._run(
            lambda _tick: {form: self._runtime.export_labels(dataset, form) for form in ("csv", "zarr")},
            lambda made: self._set(exports=made),
            failed=self._mention,
            name="export labels",
        )

    def export(self, form: str) -> bytes:
        """Give a file of `exports`; made now when it is not ready yet."""
        return self.exports.get(form) or self._runtime.export_labels(self.dataset, form)

    # --- sister sessions -------------------------------------------------------------------------------------------

    def _look_for_sisters(self) -> None:
        if not self._offered:
            self._offered = True
            self._run(
                lambda _tick: self._runtime.sisters(self.dataset),
                self._offer,
                failed=self._mention,
                name="sister sessions",
            )

    def _offer(self, sisters: list[Any]) -> None:
        self.sisters = sisters

    def label_sisters(self) -> None:
        """Write identity labels into the sessions of the animal that have none, so that minian can merge them."""
        sisters, self.sisters = self.sisters, []

        def tell(skipped: tuple[str, ...]) -> None:
            written = f"Identity labels written into {len(sisters) - len(skipped)} session(s)."
            self.message = " ".join([written, *skipped])

        self._run(
            lambda _tick: self._runtime.label_sisters(self.dataset, sisters),
            tell,
            failed=self._mention,
            short=True,
            name="label sister sessions",
        )
