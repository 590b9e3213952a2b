"""A log, the arrays and the cells that both speak of, opened together and kept in step."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from minian_web.errors import Changed, MinianWebError, NotWritable
from minian_web.model.keys import Key, text_of
from minian_web.store import pending
from minian_web.store.arrays import Arrays
from minian_web.store.datasets import Dataset
from minian_web.store.journal import Journal
from minian_web.store.log import Log
from minian_web.store.whereabouts import Whereabouts, bring_home

_log = logging.getLogger(__name__)


class Ledger:
    """What `Curation` writes to.

    Parameters
    ----------
    at
        Where the decisions go.
    reason
        Why this process may not write; empty when it may.
    holds
        Asked before every write whether the lease is still held.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        state_dir: Path,
        at: Whereabouts,
        reason: str,
        holds: Callable[[], bool],
    ) -> None:
        self.dataset, self.where = dataset, at.log
        self._at, self._state_dir, self._reason, self._holds = at, state_dir, reason, holds
        self._lock = threading.RLock()
        self._notices = list(at.notices)
        self._listeners: list[Callable[[], None]] = []
        self._checking = self._marked = False
        self._problem = ""
        self._journal = Journal(dataset, at.log, at.like)
        self._arrays = Arrays(dataset, self._journal, writable=at.arrays and not reason, tell=self._tell)

    @property
    def writable(self) -> bool:
        """Whether this process may decide anything; else `read_only_reason` says why not."""
        return not self._reason

    @property
    def read_only_reason(self) -> str:
        """Why nothing can be decided, for the page; empty when it can."""
        return self._reason

    @property
    def problem(self) -> str:
        """Why the decisions are not known (a damaged log, contradicting labels); empty when they are."""
        return self._problem

    @property
    def behind(self) -> bool:
        """Whether some array does not have the labels that the log says, or whoever writes here is at it."""
        return self._arrays.behind

    @property
    def notices(self) -> tuple[str, ...]:
        """What happened that a reviewer should know: edits taken over, a log put aside, a write completed ..."""
        return tuple(self._notices)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called, in the thread of whoever acted, after every action; gives what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback) if callback in self._listeners else None

    def _notify(self) -> None:
        for callback in tuple(self._listeners):
            callback()

    def _tell(self, notice: str) -> None:
        _log.info("%s: %s", self.dataset.path, notice)
        if notice not in self._notices:
            self._notices.append(notice)

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

    def _mark(self) -> None:
        """Say in the state directory, before the first action, that labels may have to be completed."""
        if self._marked or not self._at.arrays:
            return
        self._marked = True
        try:
            pending.mark(self._state_dir, self.dataset.path, self.dataset.id)
        except NotWritable as error:  # a convenience only: opening the dataset completes it all the same
            self._tell(f"A cut short write of labels would be completed only when the dataset is opened again: {error}")

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
            with self._lock:
                self._note_written(last)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Keep everybody from deciding and from writing arrays; raises as an action when nothing may be written."""
        with self._arrays.lock, self._lock:
            self._ready()
            yield

    def _note_written(self, last: str) -> None:
        if self._arrays.writable and not self._arrays.behind:
            try:
                self._journal.note_written(last)
            except (NotWritable, Changed) as error:  # the arrays are right; the next action meets the same trouble
                _log.info("%s: %s", self.where, error)

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
                self._reason = self._problem = str(error)
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
        if not self.writable or self._journal.empty:
            return
        if not self._arrays.behind:
            self._note_written(self._journal.history.last())
        else:
            try:
                self.write_arrays()
            except NotWritable as error:  # the log has them; the next action, or the next opening, tries again
                self._tell(f"Labels have not reached all arrays yet: {error}")
                return
            self._tell("Labels that had not reached all arrays were completed from the log.")

    @property
    def complete(self) -> bool:
        """Whether every array has the labels that the log says, as far as labels are written into arrays here."""
        at_last = self._journal.empty or self._journal.held == self._journal.history.last()
        return not self._arrays.writable or (at_last and not self._arrays.behind)

    def close(self) -> None:
        """Take the dataset off the list of unfinished writes when its arrays are complete."""
        with self._lock:
            if self._marked and self.complete:
                pending.unmark(self._state_dir, self.dataset.path)
                self._marked = False
