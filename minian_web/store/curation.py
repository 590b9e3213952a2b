"""Decisions about one dataset, shared by all who review it in this process, and never lost.

An action is in the log, durable, before anybody hears that it is saved; the arrays follow. What other programs wrote
into the arrays meanwhile is taken over as an action of its own before ours.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from minian_web.errors import BadRequest, Changed, Conflict, MinianWebError, NotWritable
from minian_web.model.decisions import Decisions, affected, applied
from minian_web.model.keys import Key, text_of
from minian_web.store import files, pending
from minian_web.store.arrays import Arrays
from minian_web.store.datasets import Dataset
from minian_web.store.history import MAIN, line_of
from minian_web.store.journal import Journal
from minian_web.store.lines import Line
from minian_web.store.log import Log
from minian_web.store.whereabouts import Whereabouts, bring_home, whereabouts

__all__ = ["Curation", "open_curation"]

_log = logging.getLogger(__name__)
_RESERVED = ("external", "import")
_LONGEST_NAME, _LONGEST_NOTE = 100, 2000


class Curation:
    """Decisions about one dataset; one per dataset and process, safe to share between threads.

    Attributes
    ----------
    dataset
        What is decided about.
    where
        The log.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        state_dir: Path,
        at: Whereabouts,
        reason: str = "",
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        self.dataset, self.where = dataset, at.log
        self._at, self._state_dir, self._reason, self._holds = at, state_dir, reason, holds
        self._lock = threading.RLock()
        self._notices = list(at.notices)
        self._listeners: list[Callable[[], None]] = []
        self._checking = self._marked = False
        self._journal = Journal(dataset, at.log, at.like)
        self._arrays = Arrays(dataset, self._journal, writable=at.arrays and not reason, tell=self._tell)

    # --- what holds ------------------------------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether this process may decide anything; else `read_only_reason` says why not."""
        return not self._reason

    @property
    def read_only_reason(self) -> str:
        """Why nothing can be decided, for the page; empty when it can."""
        return self._reason

    @property
    def notices(self) -> tuple[str, ...]:
        """What happened that a reviewer should know: edits taken over, a log put aside, a write completed ..."""
        return tuple(self._notices)

    def decisions(self, key: Key = (), label_set: str = MAIN) -> Decisions:
        """Decisions about one session; `BadRequest` when there is no such session."""
        state = self._journal.state(label_set)
        if key not in state:
            raise BadRequest(f"{self.dataset.id or self.dataset.path}: there is no session {text_of(key) or '()'}")
        return state[key]

    def history(self) -> tuple[Line, ...]:
        """All actions, oldest first."""
        return self._journal.log.lines

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called, in the thread of whoever acted, after every action; gives what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback) if callback in self._listeners else None

    # --- acting ----------------------------------------------------------------------------------------------------

    def act(
        self, kind: str, unit_ids: Iterable[int], *, reviewer: str, key: Key = (), label_set: str = MAIN, note: str = ""
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
            after = applied(state[key], kind, units)
            texts = {"reviewer": reviewer, "label_set": label_set, "note": note}
            line = self._write(line_of(state, key, kind, affected(state[key], units), after, **texts))
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

    def _ready(self) -> None:
        """Raise unless an action may be written, and take in what other programs wrote."""
        if self._reason:
            raise NotWritable(self._reason)
        if not self._holds():
            raise NotWritable(f"{self.where}: another process has taken over the writing")
        if self.dataset.current_guard() != self.dataset.guard:
            raise Changed(f"{self.dataset.path}: the pipeline has rewritten A since it was opened; open it again")
        if self._checking:
            raise NotWritable(f"{self.dataset.path}: A was rewritten; its cells are still being compared")
        self._arrays.take_in_edits()

    def _write(self, line: Line) -> Line:
        self._mark()
        try:
            return self._journal.append(line)
        except Changed as error:
            self._journal.load()
            raise Conflict(f"{error}; the decisions shown are now those of the log, look again") from error

    def _mark(self) -> None:
        """Say in the state directory, before the first action, that labels may have to be completed."""
        if self._marked or not self._at.arrays:
            return
        self._marked = True
        try:
            pending.mark(self._state_dir, self.dataset.path, self.dataset.id)
        except NotWritable as error:  # a convenience only: opening the dataset completes it all the same
            self._tell(f"A cut short write of labels would be completed only when the dataset is opened again: {error}")

    def _notify(self) -> None:
        for callback in tuple(self._listeners):
            callback()

    def _tell(self, notice: str) -> None:
        _log.info("%s: %s", self.dataset.path, notice)
        if notice not in self._notices:
            self._notices.append(notice)

    # --- arrays ----------------------------------------------------------------------------------------------------

    def write_arrays(self) -> None:
        """Bring the labels of every array to the set "main"; does nothing when they are there already.

        Raises
        ------
        NotWritable
            If a step fails; the log has everything, and the next call goes on.
        """
        if self._reason or self._checking or self._journal.empty:
            return
        with self._arrays.lock:
            with self._lock:
                self._ready()
                state, last = self._journal.state(), self._journal.history.last()
            self._arrays.write(state, last)

    # --- binding ---------------------------------------------------------------------------------------------------

    def bind_footprints(self, digest: str, key: Key = ()) -> None:
        """Tell the digest of a session's footprints, so that the log knows its cells again after a rewrite of A.

        When A was rewritten and the digests differ, the log is put aside.
        """
        with self._arrays.lock, self._lock:
            if self._reason or (self._journal.digests.get(text_of(key)) == digest and not self._checking):
                return
            if self._checking and not self._same_cells(digest, key):
                self._begin_anew()
            self._journal.bind({text_of(key): digest})
            if self._checking:
                self._checking = False
                self._arrays.look()
                self._complete()
        self._notify()

    def _same_cells(self, digest: str, key: Key) -> bool:
        sessions = {text_of(one): one for one in self.dataset.keys}
        for session, known in self._journal.digests.items():
            if session not in sessions:
                return False
            if known != (digest if sessions[session] == key else self.dataset.footprints(sessions[session]).digest):
                return False
        return True

    def _begin_anew(self) -> None:
        self._arrays.forget(self._journal.state())
        aside = self._journal.archive()
        self._arrays.look()
        self._tell(
            f"The pipeline has rewritten A: decisions made before speak of other cells; they are kept in {aside}."
        )

    # --- opening and closing ---------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read the log, compare it with the arrays, and complete what a crash left undone."""
        with self._lock:
            try:
                self._open()
            except MinianWebError as error:
                self._reason = str(error)
                self._arrays.writable = False

    def _open(self) -> None:
        if self.writable and (notice := bring_home(self.dataset, self._state_dir, self._at)):
            self._tell(notice)
        self._arrays.start()
        self._journal.load()
        if self._journal.log.torn:
            self._tell(f"The last line of {self.where} was cut short, by a crash or a full disk, and is dropped.")
        if not self._journal.bound:
            self._rebind()
        if not self._checking:
            self._arrays.look()
            self._inherit()
            self._complete()

    def _inherit(self) -> None:
        """Go on from the log in a folder that is read-only for us."""
        if self._journal.empty and self._at.inherited is not None:
            theirs = Journal(self.dataset, self._at.inherited, self._at.like)
            theirs.load()
            if theirs.bound:
                self._journal.start_from(theirs.state())

    def _rebind(self) -> None:
        if self._journal.fits and self._journal.digests:
            self._checking = True
            self._tell("The pipeline has rewritten A; decisions wait until its cells are known to be the same.")
        elif self.writable:
            self._begin_anew()
        else:
            self._journal.begin(Log(self.where))
            self._tell(f"The decisions in {self.where} speak of other cells: the pipeline has rewritten A.")

    def _complete(self) -> None:
        if self.writable and self._arrays.behind:
            self.write_arrays()
            self._tell("Labels that had not reached all arrays were completed from the log.")

    def close(self) -> None:
        """Take the dataset off the list of unfinished writes when its arrays are complete."""
        with self._lock:
            if self._marked and not self._arrays.behind and self._journal.held == self._journal.history.last():
                pending.unmark(self._state_dir, self.dataset.path)
                self._marked = False


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
