"""What a person changes about matches: keep, drop, break, join; each change says what it replaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minian_web.errors import BadRequest, Conflict
from minian_web.model.registration.mapping import NONE, Matches, Row

KINDS = ("keep", "drop", "reset", "break", "join")
_STATUS = {"keep": "kept", "drop": "dropped", "reset": ""}


@dataclass(frozen=True)
class Edit:
    """Rows that are replaced by others over the same cells.

    Attributes
    ----------
    kind
        One of `KINDS`.
    before, after
        The rows concerned.
    """

    kind: str
    before: tuple[Row, ...]
    after: tuple[Row, ...]

    @property
    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.kind, self.after, self.before)


def edit(matches: Matches, kind: str, ids: Sequence[int], next_id: int = 0) -> Edit:
    """Make the edit of a kind for some matches.

    Parameters
    ----------
    kind
        `keep`, `drop` (wrong as a whole) and `reset` (not judged) mark matches; `break` makes every cell of them a
        match of its own; `join` makes one match of several.
    ids
        Global ids of the matches.
    next_id
        Smallest id for new matches; larger than any ever used.

    Raises
    ------
    BadRequest
        If it makes no sense; the text says why.
    """
    if kind not in KINDS:
        raise BadRequest(f"{kind!r} is no edit; there are {', '.join(KINDS)}")
    rows = tuple(matches.row(one) for one in dict.fromkeys(ids))
    if not rows:
        raise BadRequest(f"no match is chosen to {kind}")
    if kind in _STATUS:
        after = tuple(Row(row.id, row.units, _STATUS[kind]) for row in rows)
    elif kind == "break":
        after = _broken(rows, max(next_id, int(matches.ids.max()) + 1))
    else:
        after = (_joined(matches.sessions, rows),)
    if after == rows:
        raise BadRequest("nothing would change")
    return Edit(kind, rows, after)


def _broken(rows: Iterable[Row], next_id: int) -> tuple[Row, ...]:
    after = []
    for row in rows:
        cells = [(at, unit) for at, unit in enumerate(row.units) if unit != NONE]
        if len(cells) < 2:
            raise BadRequest(f"match {row.id} is in one session only; there is nothing to break")
        for number, (at, unit) in enumerate(cells):
            alone = tuple(unit if place == at else NONE for place in range(len(row.units)))
            after.append(Row(row.id if number == 0 else next_id, alone))
            next_id += number > 0
    return tuple(after)


def _joined(sessions: Sequence[str], rows: Sequence[Row]) -> Row:
    if len(rows) < 2:
        raise BadRequest("mark two or more matches to join them")
    units = [NONE] * len(sessions)
    for row in rows:
        for at, unit in enumerate(row.units):
            if unit != NONE and units[at] != NONE:
                raise BadRequest(f"matches {rows[0].id} and {row.id} both have a cell in {sessions[at]}")
            units[at] = unit if unit != NONE else units[at]
    return Row(min(row.id for row in rows), tuple(units))


def applied(matches: Matches, change: Edit) -> Matches:
    """Matches after an edit; new rows stand where the first of the old ones stood.

    Raises
    ------
    Conflict
        If the rows that it replaces are no longer there as they were.
    """
    present = {row.id: row for row in matches.rows()}
    gone = [row.id for row in change.before if present.get(row.id) != row]
    if gone:
        raise Conflict(f"match {gone[0]} was changed in the meantime")
    replaced = {row.id for row in change.before}
    rows: list[Row] = []
    for row in matches.rows():
        if row.id == change.before[0].id:
            rows += change.after
        elif row.id not in replaced:
            rows.append(row)
    return Matches.of(matches.sessions, rows)
