"""Matches as tables for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.result import Registration
from minian_web.store.exports import FORMULA
from minian_web.store.registration_sessions import SessionCells

LONG_COLUMNS = (
    "match",
    "status",
    "sessions_found",
    "session",
    "dataset",
    "unit_id",
    "centroid_height",
    "centroid_width",
    "aligned_height",
    "aligned_width",
)


def wide_csv(matches: Matches) -> bytes:
    """One row a match: id, status, number of sessions, and the unit id in every session, empty where not found."""
    rows: list[list[Any]] = [["match", "status", "sessions_found", *matches.sessions]]
    for at, one in enumerate(matches.ids.tolist()):
        units = ["" if unit == NONE else unit for unit in matches.units[at].tolist()]
        rows.append([one, str(matches.status[at]) or "undecided", int(matches.found_in[at]), *units])
    return _csv(rows)


def long_csv(registration: Registration, matches: Matches, cells: Mapping[str, SessionCells], labels: bool) -> bytes:
    """One row per cell and session, `LONG_COLUMNS`.

    Centroids are centres of mass in the coordinates of the dataset, and after the shift; empty for a session whose
    dataset was not found, or a unit that it does not have.
    """
    rows: list[list[Any]] = [list(LONG_COLUMNS)]
    for column, session in enumerate(matches.sessions):
        member, known = registration.member(session), cells.get(session)
        for at in np.flatnonzero(matches.units[:, column] != NONE):
            unit = int(matches.units[at, column])
            place = _place(known, unit, registration.shifts[session], labels)
            status = str(matches.status[at]) or "undecided"
            rows.append(
                [int(matches.ids[at]), status, int(matches.found_in[at]), session, member.dataset, unit, *place]
            )
    return _csv(rows)


def _place(known: SessionCells | None, unit: int, shift: tuple[float, float], labels: bool) -> list[Any]:
    footprints = known.shown(labels) if known is not None else None
    if known is None or footprints is None or unit not in footprints.unit_ids:
        return [""] * 4
    row, column = footprints.centroids[footprints.position(unit)]
    height = float(np.interp(row, np.arange(known.heights.size), known.heights))
    width = float(np.interp(column, np.arange(known.widths.size), known.widths))
    return [round(value, 4) for value in (height, width, height + shift[0], width + shift[1])]


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([_safe(value) for value in row])
    return text.getvalue().encode()


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
