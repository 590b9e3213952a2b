"""What people changed about a registration: one plain file of lines, appended and fsynced, as decisions are.

Each line replaces rows by other rows; undo and redo are lines themselves. The header says to which matches the lines
apply; when those were written anew, the log is put aside.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minian_web.errors import BadRequest, Changed, Conflict, DamagedLog, NotWritable
from minian_web.model.registration.edits import Edit, applied
from minian_web.model.registration.mapping import Matches, Row
from minian_web.model.registration.result import Fingerprint, Meta
from minian_web.store.appends import Extent, append
from minian_web.store.chained import checked, summed
from minian_web.store.files import make_folder, writing
from minian_web.store.lines import new_id, now

FORMAT, VERSION = "minian-web registration edits", 1


@dataclass(frozen=True)
class EditLine:
    """One line: an edit, who made it, and whether it takes another one back."""

    edit: Edit
    meta: Meta
    reviewer: str
    undoes: str = ""
    id: str = ""
    time: str = ""


def digest_of(base: Mapping[Meta, Matches]) -> str:
    """Digest of the matches that edits start from."""
    text = json.dumps([[list(map(list, m)), list(one.sessions), one.units.tolist()] for m, one in base.items()])
    return hashlib.sha256(text.encode()).hexdigest()


class EditLog:
    """Edits of one registration; safe for threads, one object for all sessions of a process.

    Parameters
    ----------
    path
        Of the log; made at the first edit.
    base
        Matches by metadata, before any edit.
    may_write
        Gives why nothing may be written, empty when it may.
    """

    def __init__(self, path: Path, base: Mapping[Meta, Matches], may_write: Callable[[], str]) -> None:
        self.path, self._may_write = path, may_write
        self._base, self._digest = dict(base), digest_of(base)
        self._lock = threading.RLock()
        self._followers: list[Callable[[], None]] = []
        self._lines: list[EditLine] = []
        self._now = dict(base)
        self._extent: Extent | None = None
        self._keep, self._chain, self.notice = 0, "", ""
        self._made_from: dict[str, str] = {}
        self._read()

    # --- what holds ------------------------------------------------------------------------------------------------

    def matches(self, meta: Meta) -> Matches:
        """Matches after all edits."""
        return self._now[meta]

    def lines(self, meta: Meta) -> list[EditLine]:
        """History, the oldest first."""
        return [line for line in self._lines if line.meta == meta]

    def next_id(self, meta: Meta) -> int:
        """Smallest id that no match ever had."""
        rows = [row.id for line in self.lines(meta) for row in (*line.edit.before, *line.edit.after)]
        return max([*rows, *self._base[meta].ids.tolist(), -1]) + 1

    def holds(self, fresh: EditLog) -> bool:
        """Whether this still is the log of these matches, as long as the file says."""
        return (self._digest, self._extent) == (fresh._digest, fresh._extent)

    def made_from(self, meta: Meta) -> dict[str, Fingerprint]:
        """Footprints of the sessions when the first change was made, by session; empty before that."""
        start = _prefix(meta)
        return {
            name.removeprefix(start): Fingerprint(digest)
            for name, digest in self._made_from.items()
            if name.startswith(start)
        }

    def note(self, meta: Meta, fingerprints: Mapping[str, Fingerprint]) -> None:
        """Say what the sessions are now; it is written with the first change."""
        if not self._chain:
            self._made_from |= {_prefix(meta) + session: one.footprints for session, one in fingerprints.items()}

    def subscribe(self, follow: Callable[[], None]) -> Callable[[], None]:
        """Call back after each edit, whoever made it; gives what ends that."""
        self._followers.append(follow)
        return lambda: self._followers.remove(follow) if follow in self._followers else None

    # --- changing --------------------------------------------------------------------------------------------------

    def act(self, make: Callable[[Matches], Edit], meta: Meta, reviewer: str) -> Matches:
        """Make an edit and write it; it is durable when this returns.

        Raises
        ------
        BadRequest, Conflict
            If the edit makes no sense now.
        NotWritable
            If it cannot be written; nothing has changed then.
        """
        with self._lock:
            change = make(self._now[meta])
            result = self._add(EditLine(change, meta, reviewer, id=new_id(), time=now()))
        self._tell()
        return result

    def undo(self, meta: Meta, reviewer: str) -> Matches:
        """Take back the reviewer's own last edit that was not taken back yet; an undo can be undone by `redo`.

        Raises
        ------
        BadRequest
            If there is none.
        Conflict
            If somebody has changed the same matches since.
        """
        return self._turn(meta, reviewer, again=False)

    def redo(self, meta: Meta, reviewer: str) -> Matches:
        """Take back the reviewer's own last undo; errors as `undo`."""
        return self._turn(meta, reviewer, again=True)

    def _turn(self, meta: Meta, reviewer: str, *, again: bool) -> Matches:
        with self._lock:
            done, undone = self._stacks(meta, reviewer)
            stack = undone if again else done
            if not stack:
                raise BadRequest("there is nothing to redo" if again else "there is nothing of yours to undo")
            last = stack[-1]
            line = EditLine(last.edit.inverse, meta, reviewer, undoes=last.id, id=new_id(), time=now())
            result = self._add(line)
        self._tell()
        return result

    def _stacks(self, meta: Meta, reviewer: str) -> tuple[list[EditLine], list[EditLine]]:
        """Lines that can be undone, and undos that can be redone, the last one last."""
        done: list[EditLine] = []
        undone: list[EditLine] = []
        for line in (one for one in self.lines(meta) if one.reviewer == reviewer):
            if line.undoes and done and done[-1].id == line.undoes:
                done.pop()
                undone.append(line)
            elif line.undoes and undone and undone[-1].id == line.undoes:
                undone.pop()
                done.append(line)
            else:
                done.append(line)
                undone.clear()
        return done, undone

    def _add(self, line: EditLine) -> Matches:
        reason = self._may_write()
        if reason:
            raise NotWritable(reason)
        result = applied(self._now[line.meta], line.edit)
        text, chain = b"", self._chain
        if not chain:
            start = {"format": FORMAT, "version": VERSION, "matches": self._digest, "footprints": self._made_from}
            make_folder(self.path.parent)
            text, chain = summed(start, chain)
        added, chain = summed(_content(line), chain)
        try:
            self._extent = append(self.path, text + added, self._extent, self._keep, like=self.path.parent)
        except Changed:
            self._read()
            raise Conflict("somebody else has changed this registration; look again, then repeat") from None
        self._keep, self._chain = self._extent.size, chain
        self._lines.append(line)
        self._now = {**self._now, line.meta: result}
        return result

    def _tell(self) -> None:
        for follow in list(self._followers):
            follow()

    # --- reading ---------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self._lines, self._now = [], dict(self._base)
        self._extent, self._keep, self._chain = None, 0, ""
        try:
            with self.path.open("rb") as file:
                data, inode = file.read(), os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return
        except OSError as error:
            raise NotWritable(f"{self.path}: cannot be read ({error.strerror})") from error
        complete = data[: data.rfind(b"\n") + 1]
        for number, text in enumerate(complete.split(b"\n")[:-1], start=1):
            content, self._chain = checked(f"{self.path} line {number}", text, self._chain)
            if number == 1 and not self._fits(content):
                self._put_aside()
                return
            if number == 1:
                self._made_from = {str(name): str(digest) for name, digest in content.get("footprints", {}).items()}
            else:
                self._take(content, number)
        self._extent, self._keep = Extent(inode, len(data)), len(complete)

    def _fits(self, content: dict[str, Any]) -> bool:
        if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
            raise DamagedLog(f"{self.path} line 1", f"{FORMAT}, version {VERSION}", repr(content)[:80])
        return content.get("matches") == self._digest

    def _put_aside(self) -> None:
        """The matches were written anew: what was said about the old ones is kept, and not applied."""
        self._chain = ""
        aside = self.path.with_name(f"{self.path.stem}.{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl")
        if not self._may_write():
            with writing(self.path):
                self.path.rename(aside)
            self.notice = f"The matches were written anew: what was changed before is in {aside.name}, not applied."
            return
        self.notice = "The matches were written anew: what was changed before is not applied."
        self._may_write = lambda: "Changes of an earlier version of the matches are in the way."

    def _take(self, content: dict[str, Any], number: int) -> None:
        try:
            line = _line(content)
            self._now[line.meta] = applied(self._now[line.meta], line.edit)
        except (KeyError, TypeError, ValueError, Conflict) as error:
            where = f"{self.path} line {number}"
            raise DamagedLog(where, "an edit of the matches before it", f"{type(error).__name__}: {error}") from error
        self._lines.append(line)


def _prefix(meta: Meta) -> str:
    return "".join(f"{value}/" for _, value in meta)


def _content(line: EditLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "time": line.time,
        "reviewer": line.reviewer,
        "action": line.edit.kind,
        "meta": [list(pair) for pair in line.meta],
        "before": [[row.id, list(row.units), row.status] for row in line.edit.before],
        "after": [[row.id, list(row.units), row.status] for row in line.edit.after],
        "undoes": line.undoes,
    }


def _line(content: dict[str, Any]) -> EditLine:
    before, after = (
        tuple(Row(int(id_), tuple(int(unit) for unit in units), str(status)) for id_, units, status in content[side])
        for side in ("before", "after")
    )
    meta = tuple((str(dim), str(value)) for dim, value in content["meta"])
    line = EditLine(Edit(str(content["action"]), before, after), meta, str(content["reviewer"]))
    return replace(line, undoes=str(content["undoes"]), id=str(content["id"]), time=str(content["time"]))
