"""What a person changes about matches, and whether it is safe on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import BadRequest, MinianWebError
from minian_web.jobs import Deliver
from minian_web.model.registration.edits import edit
from minian_web.model.registration.mapping import Matches
from minian_web.state.registration_compute import Computing
from minian_web.state.working import Signing

if TYPE_CHECKING:
    from minian_web.runtime import Runtime

_DONE = {
    "keep": "Kept",
    "drop": "Dropped",
    "reset": "Not judged any more",
    "break": "Broken into single cells",
    "join": "Joined",
}


class Editing(Signing, Computing):
    """Keeping, dropping, breaking and joining matches."""

    match = param.Integer(None, allow_None=True, doc="Input: global id of the match looked at")
    marked = param.List([], doc="Input: global ids marked for the next edit")

    saving = param.String("saved", doc="Output: saved, saving, or refused")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        super().__init__(runtime, deliver, **inputs)
        self.param.watch(lambda *_: self._go_on(), "reviewer")

    def mark(self, id: int | None = None) -> None:
        """Mark a match (that looked at) for the next edit, or take its mark away."""
        one = self.match if id is None else id
        if one is not None:
            self.marked = (
                [other for other in self.marked if other != one] if one in self.marked else [*self.marked, one]
            )

    def clear(self) -> None:
        """Take all marks away."""
        self.marked = []

    def change(self, kind: str) -> None:
        """Change the marked matches, else the one looked at; `kind` as `model.registration.edits` has them."""
        if not self._may_change(lambda: self.change(kind)):
            return
        ids = list(self.marked)
        if kind == "join" and self.match is not None and self.match not in ids:
            ids.append(self.match)
        elif not ids and self.match is not None:
            ids = [self.match]
        log, meta, who = self._opened.log, self.meta, self.reviewer  # type: ignore[union-attr]
        self._submit(
            lambda: log.act(lambda now: edit(now, kind, ids, log.next_id(meta)), meta, who),
            f"{_DONE[kind]}: match {', '.join(map(str, ids))}",
        )

    def undo(self) -> None:
        """Take back the person's own last change."""
        self._turn("undo")

    def redo(self) -> None:
        """Take the person's own last undo back."""
        self._turn("redo")

    def _turn(self, kind: str) -> None:
        if self._may_change(lambda: self._turn(kind)):
            log, meta, who = self._opened.log, self.meta, self.reviewer  # type: ignore[union-attr]
            turn = log.undo if kind == "undo" else log.redo
            self._submit(lambda: turn(meta, who), "Undone" if kind == "undo" else "Redone")

    def _may_change(self, again: Callable[[], None]) -> bool:
        if self.matches is None or (self._opened is None and not self.draft):
            return False
        self.message = self.why_not_edit()
        if self.message:
            return False
        return self._signed(again)

    def _submit(self, act: Callable[[], Matches], said: str) -> None:
        self.saving = "saving"

        def done(_matches: Matches) -> None:
            self._refresh()
            self.param.update(saving="saved", message=said, marked=[])

        def failed(error: Exception) -> None:
            if not isinstance(error, MinianWebError):
                raise error
            self._refresh()
            self.param.update(saving="saved" if isinstance(error, BadRequest) else "refused", message=str(error))

        self._run(lambda _tick: act(), done, failed=failed, short=True, name="change matches")

    def history(self) -> list[tuple[str, str, str, str]]:
        """Time, who, what, which matches; the newest first."""
        if self._opened is None or self.draft:
            return []
        return [
            (
                line.time[:19].replace("T", " "),
                line.reviewer,
                f"{'undo ' if line.undoes else ''}{line.edit.kind}",
                ", ".join(str(row.id) for row in line.edit.before),
            )
            for line in reversed(self._opened.log.lines(self.meta))
        ]
