"""The log of one dataset together with what it adds up to, and to which cells it is bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from minian_web.errors import BadRequest, DamagedLog
from minian_web.model.decisions import Decisions
from minian_web.store import files
from minian_web.store.datasets import Dataset
from minian_web.store.history import MAIN, History, State, line_between
from minian_web.store.lines import Binding, Line, Written
from minian_web.store.log import Log, read_log


class Journal:
    """Log and history, always in step.

    Attributes
    ----------
    log
        The file as it was read or written last.
    history
        Replay of its lines.
    held
        Id of the line whose labels the arrays hold; empty: those found before the first line.
    fits
        False when the lines speak of other units than the dataset has.
    """

    def __init__(self, dataset: Dataset, path: Path, like: Path) -> None:
        self._dataset, self._path, self._like = dataset, path, like
        self._digests: dict[str, str] = {}
        self._found: State | None = None
        self._blank: State = {key: Decisions.from_labels(dataset.unit_ids(key)) for key in dataset.keys}
        self.begin(Log(path))

    def begin(self, log: Log) -> None:
        """Take a log as read; its lines follow with `load`."""
        self.log, self.history, self.held, self.fits = log, History(self._blank), "", True

    def load(self) -> None:
        """Read the file and replay it.

        Raises
        ------
        DamagedLog
            If a line does not check, or does not go on from those before it.
        """
        self.begin(read_log(self._path))
        if self.log.bindings:
            self._digests = dict(self.log.bindings[-1].footprints)
        for number, line in enumerate(self.log.lines, start=1):
            try:
                self.history.add(line)
            except (BadRequest, ValueError) as error:
                self.fits = False
                if self.bound:
                    raise DamagedLog(
                        self._path, f"an action {number} that goes on from those before it", str(error)
                    ) from error
                return
        self.held = self.log.held

    @property
    def bound(self) -> bool:
        """Whether the lines speak of the cells that are on disk."""
        return not self.log.bindings or self.log.bindings[-1].guard == self._dataset.guard

    @property
    def digests(self) -> Mapping[str, str]:
        """Digests of the footprints that the lines speak of, by session, as far as they are known."""
        return self._digests

    @property
    def empty(self) -> bool:
        """Whether nothing was ever decided in the set "main"."""
        return not self.history.last()

    def start_from(self, state: State) -> None:
        """Take the labels found in the arrays as what the first action goes on from."""
        self._found = state

    def state(self, label_set: str = MAIN) -> State:
        """Decisions of a set now."""
        if self.empty and self._found is not None and label_set == MAIN:
            return self._found
        return self.history.state(label_set)

    def append(self, line: Line) -> Line:
        """Write a line, after a header and the labels found at first where these are due; durable on return.

        Returns
        -------
        Line
            As written: it says which labels the arrays hold.

        Raises
        ------
        NotWritable, Changed
            As `Log.appended`; nothing has changed then.
        """
        first = self._first(line)
        held = first[-1].id if first else self.held
        line = replace(line, arrays=held)
        header = () if self.log.bindings else (Binding(self._dataset.guard, self._digests),)
        files.make_folder(self._path.parent)
        self.log = self.log.appended((*header, *first, line), self._dataset.id, self._like)
        for written in (*first, line):
            self.history.add(written)
        self.held = held
        return line

    def _first(self, line: Line) -> tuple[Line, ...]:
        if not self.empty or self._found is None:
            return ()
        imported = line_between(self._blank, self._found, "import", reviewer="import")
        return (imported,) if imported.units else ()

    def note_written(self, line_id: str) -> None:
        """Note that every array holds the labels of a line; raises as `append`."""
        self.held = line_id
        if self.log.held != line_id:
            self.log = self.log.appended((Written(line_id),), self._dataset.id, self._like)

    def bind(self, digests: Mapping[str, str]) -> None:
        """Note which footprints the lines speak of, under the guard that holds now."""
        known = {**self._digests, **digests}
        if self.log.bindings:
            self.log = self.log.appended((Binding(self._dataset.guard, known),), self._dataset.id, self._like)
        self._digests = known

    def archive(self) -> Path:
        """Put the file aside under the time now and begin an empty one."""
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = self._path.name.removesuffix("curation.jsonl") + f"curation.{time}.jsonl"
        aside = self._path.with_name(name)
        with files.writing(self._path):
            if aside.exists():
                aside = self._path.with_name(name.replace(".jsonl", f"-{self.log.chain[:6]}.jsonl"))
            self._path.rename(aside)
            files.sync_folder(self._path.parent)
        self.begin(Log(self._path))
        self._digests = {}
        return aside
