"""The labels in the arrays of one dataset, watched for what other programs write and brought to what the log says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from minian_web.errors import DataError
from minian_web.model.decisions import Decisions
from minian_web.model.keys import Key
from minian_web.store.datasets import Dataset
from minian_web.store.found import Seen, read_labels, seen_at, signature
from minian_web.store.history import State, line_between
from minian_web.store.journal import Journal
from minian_web.store.labels import write_labels
from minian_web.store.places import Place, places_of
from minian_web.store.versions import Version, decided, distinct, edited, judge, says, version_of


class Arrays:
    """What the arrays hold, as far as this process knows.

    Attributes
    ----------
    writable
        Whether labels are written here at all.
    behind
        Some array does not have the labels that the log says.
    lock
        Held while arrays are written; taken before the lock of the decisions, or without waiting.
    """

    def __init__(self, dataset: Dataset, journal: Journal, *, writable: bool, tell: Callable[[str], None]) -> None:
        self._dataset, self._journal, self.writable, self._tell = dataset, journal, writable, tell
        self.behind = False
        self.lock = threading.RLock()
        self._places: tuple[Place, ...] = ()
        self._signature: object = None

    def start(self) -> None:
        """Find the places of labels; `DataError` when metadata are broken."""
        self._places = places_of(self._dataset)

    @property
    def _units(self) -> dict[Key, np.ndarray]:
        return {key: one.unit_ids for key, one in self._journal.state().items()}

    def look(self) -> None:
        """Compare what the arrays hold with what we wrote, and take in what another program wrote.

        Raises
        ------
        DataError
            If arrays contradict each other in a way that we did not cause, or labels cannot be read.
        NotWritable
            If an edit of another program cannot be taken in.
        """
        self._signature = None  # until everything is taken in, every action looks again
        found = signature(self._places)
        self._compare(read_labels(self._dataset))
        self._signature = self._signature or found

    def _compare(self, seen: Sequence[Seen]) -> None:
        if self._journal.empty:
            self._first_look(distinct(seen, self._units))
            return
        verdict = judge(seen, self._journal.history.states_since(self._journal.held))
        self.behind = verdict.behind
        if not self.behind:
            self._journal.held = self._journal.history.last()
        self._refuse_many(verdict.foreign)
        if verdict.foreign:
            self._take_in(verdict.foreign[0][0])

    def _first_look(self, versions: Sequence[tuple[Version, tuple[str, ...]]]) -> None:
        self._refuse_many(versions)
        self._journal.start_from(decided(versions[0][0] if versions else {}, self._units))

    def _refuse_many(self, versions: Sequence[tuple[Version, tuple[str, ...]]]) -> None:
        if len(versions) > 1:
            found = "others beside each of: " + "; ".join(", ".join(names) for _, names in versions)
            raise DataError(self._dataset.path, "the same unit_labels beside every array", found)

    def _take_in(self, found: Version) -> None:
        *_, written = self._journal.history.states_since(self._journal.held)
        now = self._journal.state()
        after = edited(now, written, found)
        line = line_between(now, after, "external", reviewer="external")
        if not line.units:  # taken in before, only not written yet
            return
        if not self.writable:
            self._tell("Labels in the arrays were edited by another program; they are not taken over here.")
            return
        line = self._journal.append(line)
        self._tell(f"Labels of {len(line.units)} units were edited by another program and are taken over.")
        if says(found, after):
            self._journal.held = line.id
        else:  # the arrays hold neither; they must not, when the next action is written
            self.write(after, line.id)

    def take_in_edits(self) -> None:
        """Look again if anybody touched the labels; not while we write them ourselves."""
        if not self.writable or not self.lock.acquire(blocking=False):
            return
        try:
            if signature(self._places) != self._signature:
                self.look()
        finally:
            self.lock.release()

    def write(self, state: State, line_id: str) -> None:
        """Bring every array to this state, that of the line of this id.

        Raises
        ------
        NotWritable, DataError
            As `write_labels`.
        """
        with self.lock:
            if not self.writable or self._holds(line_id):
                return
            self.behind = True
            write_labels(self._dataset, state)
            after = signature(self._places)
            self.behind = judge(read_labels(self._dataset), [state]).behind
            self._journal.held = line_id
            self._signature = None if self.behind else after

    def _holds(self, line_id: str) -> bool:
        return self._journal.held == line_id and not self.behind and signature(self._places) == self._signature

    def forget(self, old: State) -> None:
        """Take what we wrote for cells that are no more out of the arrays; labels that are new beside A stay."""
        if self.writable and self._places:
            write_labels(self._dataset, self._fresh(old))

    def _fresh(self, old: State) -> Mapping[Key, Decisions]:
        try:
            version = version_of(seen_at(self._places[0], self._dataset.keys), self._units)
        except DataError:  # labels of cells that are no more
            version = {}
        return decided({} if says(version, old) else version, self._units)
