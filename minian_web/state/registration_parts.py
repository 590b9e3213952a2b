"""Sessions as units or cells, and what only they or only the matches know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.scene import Part

if TYPE_CHECKING:
    from minian_web.store.registration_sessions import SessionCells

MOST_NAMED = 8


def parts_of(cells: Mapping[str, SessionCells], labels: bool) -> dict[str, Part]:
    """Sessions as units, or as cells where labels are respected."""
    return {session: Part(one.shown(labels), one.heights, one.widths, one.projection) for session, one in cells.items()}


def itself(base: Matches, session: str) -> dict[int, int]:
    """Every unit that the matches name in a session as its own cell."""
    column = base.units[:, base.column(session)]
    return {int(unit): int(unit) for unit in column[column != NONE]}


def unknown_units(base: Matches, cells: Mapping[str, SessionCells], as_cells: bool) -> list[str]:
    """Units that only a session, or only the matches, know; one sentence each."""
    notices = []
    for column, session in enumerate(base.sessions):
        if session not in cells:
            continue
        listed = base.units[base.units[:, column] != NONE, column]
        if new := _named(np.setdiff1d(cells[session].shown(as_cells).unit_ids, listed)):
            notices.append(f"{session}: the registration does not know unit(s) {new}; they count as unmatched.")
        if gone := _named(np.setdiff1d(listed, cells[session].units.unit_ids)):
            notices.append(f"{session}: the registration names unit(s) {gone}, which the dataset does not have.")
    return notices


def _named(units: np.ndarray) -> str:
    if not units.size:
        return ""
    more = f" and {units.size - MOST_NAMED} more" if units.size > MOST_NAMED else ""
    return ", ".join(str(unit) for unit in units[:MOST_NAMED].tolist()) + more
