"""Our own registrations: a JSON file and a Parquet file beside the sessions, never inside of a dataset.

`registration-NAME.json` says which sessions, shifts, parameters and fingerprints; it names the Parquet file with the
matches (one row per cell and session) and its checksum, and is written last, so that it never speaks of a half.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from minian_web.errors import BadRequest, DataError
from minian_web.model.keys import from_json, to_json
from minian_web.model.registration.mapping import NONE, Matches, Row
from minian_web.model.registration.result import Fingerprint, Member, Registration
from minian_web.store.files import make_folder, replace_file

FORMAT, VERSION, PREFIX = "minian-web registration", 1, "registration-"


def new_name(folder: Path) -> str:
    """Name by the time that no registration in the folder has."""
    name = stem = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    number = 1
    while (folder / f"{PREFIX}{name}.json").exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def write_own(folder: Path, name: str, registration: Registration, by: str = "", like: Path | None = None) -> Path:
    """Write a registration into a folder; gives the path of its JSON file.

    Raises
    ------
    NotWritable
        If it cannot be written; nothing then speaks of it.
    """
    make_folder(folder)
    table, path = _parquet(registration), folder / f"{PREFIX}{name}.json"
    replace_file(path.with_suffix(".parquet"), table, folder, like=like or folder)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by,
        "meta": dict(registration.meta),
        "sessions": [_member(registration, member) for member in registration.members],
        "parameters": dict(registration.parameters),
        "matches": path.with_suffix(".parquet").name,
        "sha256": hashlib.sha256(table).hexdigest(),
    }
    replace_file(path, json.dumps(content, indent=1, ensure_ascii=False).encode(), folder, like=like or folder)
    return path


def _member(registration: Registration, member: Member) -> dict[str, Any]:
    print_ = registration.fingerprints.get(member.name, Fingerprint(""))
    return {
        "name": member.name,
        "dataset": member.dataset,
        "key": to_json(member.key),
        "animal": member.animal,
        "shift": list(registration.shifts[member.name]),
        "footprints": print_.footprints,
        "labels": print_.labels,
    }


def _parquet(registration: Registration) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    matches = registration.matches
    rows, columns = np.nonzero(matches.units != NONE)
    table = pa.table(
        {
            "match": pa.array(matches.ids[rows]),
            "session": pa.array([matches.sessions[column] for column in columns]),
            "unit_id": pa.array(matches.units[rows, columns]),
            "status": pa.array([str(matches.status[row]) for row in rows]),
        }
    )
    data = io.BytesIO()
    pq.write_table(table, data)
    return data.getvalue()


def read_own(path: Path) -> Registration:
    """Read a registration that `write_own` wrote.

    Raises
    ------
    DataError
        If either file is missing, altered or of another format.
    """
    content = _content(path)
    table = path.with_name(str(content.get("matches", "")))
    try:
        data = table.read_bytes()
    except OSError as error:
        raise DataError(table, "the matches of a registration", error.strerror or "nothing") from error
    if hashlib.sha256(data).hexdigest() != content.get("sha256"):
        raise DataError(table, f"the matches that {path.name} speaks of", "other content")
    try:
        return _registration(content, data)
    except (KeyError, TypeError, ValueError, BadRequest) as error:
        raise DataError(path, f"{FORMAT}, version {VERSION}", f"{type(error).__name__}: {error}") from error


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(path, "a registration", error.strerror or "nothing") from error
    except ValueError as error:
        raise DataError(path, "a registration in JSON", str(error)) from error
    if not isinstance(content, dict) or (content.get("format"), content.get("version")) != (FORMAT, VERSION):
        raise DataError(path, f"{FORMAT}, version {VERSION}", repr(content)[:80])
    return content


def _registration(content: Mapping[str, Any], data: bytes) -> Registration:
    sessions = content["sessions"]
    members = tuple(
        Member(str(one["name"]), str(one["dataset"]), from_json(one["key"]), str(one["animal"])) for one in sessions
    )
    return Registration(
        members,
        {one["name"]: (float(one["shift"][0]), float(one["shift"][1])) for one in sessions},
        _matches([one.name for one in members], data),
        from_json(content["meta"]),
        dict(content["parameters"]),
        {one["name"]: Fingerprint(str(one["footprints"]), str(one["labels"])) for one in sessions},
    )


def _matches(sessions: list[str], data: bytes) -> Matches:
    import pyarrow.parquet as pq

    columns = pq.read_table(io.BytesIO(data)).to_pydict()
    rows: dict[int, list[int]] = {}
    status: dict[int, str] = {}
    for match, session, unit, one in zip(*(columns[n] for n in ("match", "session", "unit_id", "status")), strict=True):
        rows.setdefault(match, [NONE] * len(sessions))[sessions.index(session)] = unit
        status[match] = one
    return Matches.of(sessions, (Row(match, tuple(units), status[match]) for match, units in rows.items()))
