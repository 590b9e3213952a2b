"""Decisions about one dataset, shared by all who review it in this process, and never lost.

An action is in the log, durable, before anybody hears that it is saved; the arrays follow. What other programs wrote
into the arrays meanwhile is taken over as an action of its own before ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from minian_web.errors import BadRequest, Changed, Conflict
from minian_web.model.decisions import Decisions, affected, applied
from minian_web.model.keys import Key, text_of
from minian_web.store import files
from minian_web.store.datasets import Dataset
from minian_web.store.history import MAIN, line_between, line_of
from minian_web.store.ledger import Ledger
from minian_web.store.lines import Line
from minian_web.store.whereabouts import whereabouts

__all__ = ["Curation", "open_curation"]

_log = logging.getLogger(__name__)
BULK = ("rule", "revert", "carry", "adopt", "label")
REMARKS = ("note", "apart")
_RESERVED = ("external", "import")
_LONGEST_NAME, _LONGEST_NOTE = 100, 2000


class Curation(Ledger):
    """Decisions about one dataset; one per dataset and process, safe to share between threads.

    Attributes
    ----------
    dataset
        What is decided about.
    where
        The log.
    """

    def decisions(self, key: Key = (), label_set: str = MAIN) -> Decisions:
        """Decisions about one session; `BadRequest` when there is no such session."""
        state = self._journal.state(label_set)
        if key not in state:
            raise BadRequest(f"{self.dataset.id or self.dataset.path}: there is no session {text_of(key) or '()'}")
        return state[key]

    def history(self) -> tuple[Line, ...]:
        """All actions, oldest first."""
        return self._journal.log.lines

    def act(
        self,
        kind: str,
        unit_ids: Iterable[int],
        *,
        reviewer: str,
        key: Key = (),
        label_set: str = MAIN,
        note: str = "",
        seen: Decisions | None = None,
    ) -> Line:
        """Decide something; it is durable when this returns.

        Parameters
        ----------
        kind, unit_ids
            As `model.decisions.applied`.
        reviewer
            Who decides.
        key
            Session of the units.
        seen
            Decisions that the reviewer saw; when those about these cells are others by now, it is a `Conflict`.
        label_set
            `main`, which the arrays show, or a reviewer's own.

        Raises
        ------
        BadRequest
            If it makes no sense; nothing was written.
        NotWritable
            If it cannot be written now; nothing was decided, and it can be tried again.
        Changed
            If the pipeline has rewritten the cells since the dataset was opened.
        Conflict
            If another process wrote to the log; the decisions are then those of the log.
        """
        units = list(unit_ids)
        _check_texts(reviewer, label_set, note)
        with self._lock:
            self._ready()
            self.decisions(key, label_set)
            state = self._journal.state(label_set)
            _expect(seen, state[key], units)
            after = applied(state[key], kind, units)
            texts = {"reviewer": reviewer, "label_set": label_set, "note": note}
            line = self._write(line_of(state, key, kind, affected(state[key], units), after, **texts))
        self._notify()
        return line

    def put(
        self,
        kind: str,
        after: Decisions,
        *,
        reviewer: str,
        key: Key = (),
        label_set: str = MAIN,
        note: str = "",
        seen: Decisions | None = None,
    ) -> Line:
        """Decide about many units at once, as one action that can be undone; durable when this returns.

        Parameters
        ----------
        kind
            One of `BULK`: a metric rule, a return to an earlier point, decisions carried over or adopted,
            a label given by hand.
        after
            Decisions about all units of the session as they shall be.

        Raises
        ------
        BadRequest
            If nothing would change, or the decisions speak of other units.
        NotWritable, Changed, Conflict
            As `act`; a `Conflict` when one of the units that would change is not as `seen` any more.
        """
        _check_texts(reviewer, label_set, note)
        if kind not in BULK:
            raise BadRequest(f"{kind!r} is no action on many units; there are {', '.join(BULK)}")
        with self._lock:
            self._ready()
            state = self._journal.state(label_set)
            now = self.decisions(key, label_set)
            if not np.array_equal(now.unit_ids, after.unit_ids):
                raise BadRequest("these decisions speak of other units than the session has")
            texts = {"reviewer": reviewer, "label_set": label_set, "note": note}
            line = line_between(state, {**state, key: after}, kind, **texts)
            if not line.units:
                raise BadRequest("nothing would change")
            _expect(seen, now, [unit for _, unit in line.units])
            line = self._write(line)
        self._notify()
        return line

    def remark(
        self,
        kind: str,
        unit_ids: Iterable[int],
        *,
        reviewer: str,
        key: Key = (),
        label_set: str = MAIN,
        note: str = "",
    ) -> Line:
        """Write down something about units that decides nothing; durable when this returns.

        Parameters
        ----------
        kind
            `note`: the text of `note` replaces earlier ones about the unit; `apart`: these units were looked at side by
            side and are different cells.

        Raises
        ------
        BadRequest, NotWritable, Changed
            As `act`.
        """
        units = list(dict.fromkeys(int(unit) for unit in unit_ids))
        _check_texts(reviewer, label_set, note)
        if kind not in REMARKS or not units:
            raise BadRequest(f"expected one of {', '.join(REMARKS)} about some units, found {kind!r} about {units}")
        with self._lock:
            self._ready()
            now, state = self.decisions(key, label_set), self._journal.state(label_set)
            texts = {"reviewer": reviewer, "label_set": label_set, "note": note}
            line = self._write(line_of(state, key, kind, units, now, **texts))
        self._notify()
        return line

    def undo(self, *, reviewer: str, label_set: str = MAIN) -> Line:
        """Take back the reviewer's own last action; `Conflict` when there is none or others acted on its units."""
        return self._turn("undo", reviewer, label_set)

    def redo(self, *, reviewer: str, label_set: str = MAIN) -> Line:
        """Take back the reviewer's own last undo; `Conflict` when there is none or others acted on its units."""
        return self._turn("redo", reviewer, label_set)

    def can_undo(self, reviewer: str, label_set: str = MAIN) -> bool:
        """Whether `undo` would do something."""
        return self._can(self._journal.history.undo, reviewer, label_set)

    def can_redo(self, reviewer: str, label_set: str = MAIN) -> bool:
        """Whether `redo` would do something."""
        return self._can(self._journal.history.redo, reviewer, label_set)

    def _can(self, find: Callable[[str, str], Line], reviewer: str, label_set: str) -> bool:
        if not self.writable:
            return False
        try:
            find(reviewer, label_set)
        except Conflict:
            return False
        return True

    def _turn(self, kind: str, reviewer: str, label_set: str) -> Line:
        _check_texts(reviewer, label_set, "")
        with self._lock:
            self._ready()
            line = self._write(self._journal.history.turned(kind, reviewer, label_set))
        self._notify()
        return line

    def _write(self, line: Line) -> Line:
        self._mark()
        try:
            return self._journal.append(line)
        except Changed as error:
            self._journal.load()
            raise Conflict(f"{error}; the decisions shown are now those of the log, look again") from error


def _expect(seen: Decisions | None, now: Decisions, units: list[int]) -> None:
    """Raise `Conflict` unless the decisions about the cells of these units are those that the reviewer saw."""
    if seen is None:
        return
    for unit in {*affected(seen, units), *affected(now, units)}:
        if seen.of(unit) != now.of(unit):
            raise Conflict(f"unit {unit} is {now.of(unit).status} by now, by somebody else; look at it again")


def _check_texts(reviewer: str, label_set: str, note: str) -> None:
    if not isinstance(reviewer, str) or not reviewer.strip() or len(reviewer) > _LONGEST_NAME:
        raise BadRequest(f"a reviewer needs a name of at most {_LONGEST_NAME} characters")
    if reviewer in _RESERVED:
        raise BadRequest(f"{reviewer!r} cannot be the name of a reviewer: the log uses it for edits of other programs")
    if not label_set or len(label_set) > _LONGEST_NAME:
        raise BadRequest(f"a label set needs a name of at most {_LONGEST_NAME} characters")
    if len(note) > _LONGEST_NOTE:
        raise BadRequest(f"a note has at most {_LONGEST_NOTE} characters, this one has {len(note)}")


def open_curation(
    dataset: Dataset,
    *,
    state_dir: Path,
    writable: bool = True,
    reason: str = "",
    holds: Callable[[], bool] = lambda: True,
    can_write: Callable[[Path], bool] = files.can_write,
) -> Curation:
    """Open the decisions about a dataset; a damaged log or labels that contradict each other make them read-only.

    Parameters
    ----------
    state_dir
        For logs of read-only datasets and the list of unfinished writes.
    writable
        Whether this process owns the writing (it holds the lease of the root).
    reason
        Why not, for the page.
    holds
        Asked before every write whether the lease is still held.
    can_write
        Says whether files can be made in a folder.
    """
    why = "" if writable else reason or "another process owns the writing here"
    curation = Curation(
        dataset, state_dir=state_dir, at=whereabouts(dataset, state_dir, can_write), reason=why, holds=holds
    )
    curation.open()
    return curation
