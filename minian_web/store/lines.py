"""Lines of a curation log: what they say, as objects and as JSON."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from minian_web.errors import DamagedLog
from minian_web.model.decisions import STATUSES, Decision
from minian_web.model.keys import Key, from_json, to_json

FORMAT = "minian-web curation"
VERSION = 1

Unit = tuple[Key, int]


def new_id() -> str:
    """Id of a line, unique without asking anybody."""
    return secrets.token_hex(8)


def now() -> str:
    """Time in UTC, to the millisecond, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Binding:
    """Which cells the lines after it speak of.

    Attributes
    ----------
    guard
        Guard of the dataset.
    footprints
        Digests of the footprints by session (as `keys.text_of` names it), as far as they are known.
    """

    guard: str
    footprints: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    time: str = field(default_factory=now)


@dataclass(frozen=True)
class Written:
    """Note that every array holds the labels of a line; later edits of other programs are told apart by it."""

    line: str
    id: str = field(default_factory=new_id)
    time: str = field(default_factory=now)


@dataclass(frozen=True)
class Line:
    """One action.

    Attributes
    ----------
    kind
        An action of `model.decisions`, or `undo`, `redo`, `import` (labels found at the first action), `external`
        (labels that were edited by another program).
    units
        Session and id of every unit of the cells concerned.
    before, after
        The decisions about them.
    undoes
        Id of the line that an undo takes back, or of the undo that a redo takes back.
    labels
        Hash of all labels of the set after this line.
    arrays
        Id of the line whose labels the arrays held when this one was written; empty: those found at first.
    """

    kind: str
    units: tuple[Unit, ...]
    before: tuple[Decision, ...]
    after: tuple[Decision, ...]
    reviewer: str
    label_set: str = "main"
    note: str = ""
    undoes: str = ""
    labels: str = ""
    arrays: str = ""
    id: str = field(default_factory=new_id)
    time: str = field(default_factory=now)

    @property
    def changes(self) -> bool:
        """Whether anything is different after it."""
        return self.before != self.after


def header(binding: Binding, dataset: str) -> dict[str, Any]:
    """First line of a file as a JSON object."""
    return {"format": FORMAT, "version": VERSION, "dataset": dataset, **content_of(binding)}


Record = Binding | Written | Line


def content_of(record: Record) -> dict[str, Any]:
    """Record as a JSON object."""
    start = {"id": record.id, "time": record.time}
    if isinstance(record, Binding):
        return {**start, "action": "binding", "guard": record.guard, "footprints": dict(record.footprints)}
    if isinstance(record, Written):
        return {**start, "action": "written", "line": record.line}
    return {
        **start,
        "reviewer": record.reviewer,
        "set": record.label_set,
        "action": record.kind,
        "units": [unit if not key else {**to_json(key), "unit_id": unit} for key, unit in record.units],
        "before": [[one.label, one.status] for one in record.before],
        "after": [[one.label, one.status] for one in record.after],
        "note": record.note,
        "undoes": record.undoes,
        "labels": record.labels,
        "arrays": record.arrays,
    }


def record_of(content: dict[str, Any], number: int, where: str) -> Record:
    """Record out of the JSON object of line `number`; `DamagedLog`, KeyError, TypeError or ValueError if it is none."""
    if number == 1:
        found = (content.get("format"), content.get("version"))
        if found != (FORMAT, VERSION):
            raise DamagedLog(where, f"{FORMAT}, version {VERSION}", f"{found[0]}, version {found[1]}")
    if content["action"] == "binding":
        digests = {str(session): str(digest) for session, digest in content["footprints"].items()}
        return Binding(str(content["guard"]), digests, str(content["id"]), str(content["time"]))
    if content["action"] == "written":
        return Written(str(content["line"]), str(content["id"]), str(content["time"]))
    units = tuple(_unit(unit) for unit in content["units"])
    before, after = _decided(content["before"]), _decided(content["after"])
    if not len(units) == len(before) == len(after):
        raise DamagedLog(where, "as many decisions as units", f"{len(units)} units, {len(before)} and {len(after)}")
    texts = {
        ours: str(content[theirs])
        for ours, theirs in {"kind": "action", "label_set": "set", **{name: name for name in _TEXTS}}.items()
    }
    return Line(units=units, before=before, after=after, **texts)


_TEXTS = ("reviewer", "note", "undoes", "labels", "arrays", "id", "time")


def _unit(unit: Any) -> Unit:
    if isinstance(unit, dict):
        return from_json({dim: value for dim, value in unit.items() if dim != "unit_id"}), int(unit["unit_id"])
    return (), int(unit)


def _decided(pairs: list[list[Any]]) -> tuple[Decision, ...]:
    decided = tuple(Decision(int(label), str(status)) for label, status in pairs)
    unknown = {one.status for one in decided} - set(STATUSES)
    if unknown:
        raise ValueError(f"unknown status {', '.join(sorted(unknown))}")
    return decided
