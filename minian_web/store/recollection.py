"""What the lines of a log tell beside the decisions: notes, units called different cells, earlier points."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from minian_web.errors import BadRequest
from minian_web.model.decisions import Decisions
from minian_web.store.history import MAIN

if TYPE_CHECKING:
    from minian_web.model.keys import Key
    from minian_web.store.curation import Curation
    from minian_web.store.lines import Line

__all__ = ["apart", "decisions_after", "label_sets", "notes"]


def notes(lines: Iterable[Line], key: Key = (), label_set: str = MAIN) -> dict[int, str]:
    """Last note about each unit of a session that has one."""
    found: dict[int, str] = {}
    for line in lines:
        if line.kind == "note" and line.label_set == label_set:
            found.update({unit: line.note for its, unit in line.units if its == key})
    return {unit: note for unit, note in found.items() if note}


def apart(lines: Iterable[Line], key: Key = (), label_set: str = MAIN) -> tuple[frozenset[int], ...]:
    """Pairs of units of a session that somebody has called different cells."""
    found: dict[frozenset[int], None] = {}
    for line in lines:
        if line.kind == "apart" and line.label_set == label_set:
            units = [unit for its, unit in line.units if its == key]
            found.update({frozenset(pair): None for pair in itertools.combinations(units, 2)})
    return tuple(found)


def label_sets(lines: Iterable[Line]) -> tuple[str, ...]:
    """Sets that anybody has decided in, `main` first."""
    return tuple(dict.fromkeys((MAIN, *(line.label_set for line in lines))))


def decisions_after(curation: Curation, line_id: str, key: Key = ()) -> Decisions:
    """Decisions about a session, in the set of this line, as they were right after it.

    Raises
    ------
    BadRequest
        If there is no such line or session.
    """
    lines = curation.history()
    place = next((at for at, line in enumerate(lines) if line.id == line_id), None)
    if place is None:
        raise BadRequest(f"the log has no line {line_id!r}")
    label_set = lines[place].label_set
    decisions = curation.decisions(key, label_set)
    for line in reversed(lines[place + 1 :]):
        if line.label_set == label_set:
            here = [(unit, was) for (its, unit), was in zip(line.units, line.before, strict=True) if its == key]
            decisions = decisions.replaced([unit for unit, _ in here], [was for _, was in here])
    return decisions
