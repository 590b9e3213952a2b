"""Which cells of several sessions are the same cell, as a table: one row a cell, one column a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minian_web.errors import BadRequest

NONE = -1
STATUSES = ("", "kept", "dropped")


@dataclass(frozen=True)
class Row:
    """One cell as it was found in the sessions.

    Attributes
    ----------
    id
        Global id, unique in a mapping.
    units
        One unit id a session, `NONE` where the cell was not found.
    status
        Empty while nobody has judged it, `kept`, or `dropped`: the match is wrong as a whole.
    """

    id: int
    units: tuple[int, ...]
    status: str = ""


@dataclass(frozen=True, eq=False)
class Matches:
    """All cells of the sessions; never changed.

    Attributes
    ----------
    sessions
        Names of the columns.
    ids
        `(n,)` int64 global ids.
    units
        `(n, sessions)` int64 unit ids, `NONE` where the cell was not found.
    status
        `(n,)` str, one of `STATUSES`.
    """

    sessions: tuple[str, ...]
    ids: np.ndarray
    units: np.ndarray
    status: np.ndarray

    @classmethod
    def of(cls, sessions: Sequence[str], rows: Iterable[Row]) -> Matches:
        """Matches from rows.

        Raises
        ------
        BadRequest
            If a global id, or a unit of a session, occurs twice.
        """
        listed = list(rows)
        units = np.array([row.units for row in listed], np.int64).reshape(len(listed), len(sessions))
        ids = np.array([row.id for row in listed], np.int64)
        status = np.array([row.status for row in listed], "<U8")
        if np.unique(ids).size < ids.size:
            raise BadRequest("two matches have the same id")
        for column, session in enumerate(sessions):
            given = units[units[:, column] != NONE, column]
            found, times = np.unique(given, return_counts=True)
            if (times > 1).any():
                raise BadRequest(f"unit {found[times > 1][0]} of session {session} is in two matches")
        return cls(tuple(sessions), ids, units, status)

    @classmethod
    def numbered(cls, sessions: Sequence[str], units: np.ndarray) -> Matches:
        """Matches from unit ids alone, numbered from 0; those found in most sessions first, else in given order."""
        found = (units != NONE).sum(axis=1) if len(units) else np.zeros(0, int)
        order = np.argsort(-found, kind="stable")
        rows = (Row(at, tuple(units[row].tolist())) for at, row in enumerate(order))
        return cls.of(sessions, rows)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def found_in(self) -> np.ndarray:
        """`(n,)` int: in how many sessions each cell was found."""
        return (self.units != NONE).sum(axis=1)

    @cached_property
    def _at(self) -> dict[int, int]:
        return {int(one): at for at, one in enumerate(self.ids)}

    @cached_property
    def _rows_of(self) -> tuple[dict[int, int], ...]:
        return tuple(
            {int(unit): at for at, unit in enumerate(column) if unit != NONE} for column in self.units.transpose()
        )

    def column(self, session: str) -> int:
        """Column of a session; `BadRequest` naming those there are."""
        if session not in self.sessions:
            raise BadRequest(f"there is no session {session!r} in this registration, only {', '.join(self.sessions)}")
        return self.sessions.index(session)

    def at(self, id: int) -> int:
        """Position of a global id; `BadRequest` when there is no such match."""
        try:
            return self._at[int(id)]
        except (KeyError, TypeError, ValueError):
            raise BadRequest(f"there is no match {id!r}") from None

    def row(self, id: int) -> Row:
        """Row of a global id."""
        at = self.at(id)
        return Row(int(self.ids[at]), tuple(self.units[at].tolist()), str(self.status[at]))

    def row_of(self, session: str, unit: int) -> int | None:
        """Position of the match that a unit belongs to; None for a unit that the mapping does not know."""
        return self._rows_of[self.column(session)].get(int(unit))

    def rows(self) -> list[Row]:
        """All rows, in order."""
        return [self.row(int(one)) for one in self.ids]

    def matched(self, sessions: Iterable[str]) -> np.ndarray:
        """`(n,)` bool: found in all of these sessions, and not dropped."""
        columns = sorted({self.column(session) for session in sessions})
        found: np.ndarray = (self.units[:, columns] != NONE).all(axis=1) & (self.status != "dropped")
        return found

    def counts(self) -> dict[int, int]:
        """Number of cells by number of sessions; a dropped match counts as cells of one session each."""
        dropped = self.status == "dropped"
        counts = {size: int(((self.found_in == size) & ~dropped).sum()) for size in range(1, len(self.sessions) + 1)}
        if counts:
            counts[1] += int(self.found_in[dropped].sum())
        return counts

    def overlaps(self) -> np.ndarray:
        """`(sessions, sessions)` float: cells found in both of two sessions, as a part of the smaller one's cells."""
        here = (self.units != NONE).astype(np.float64)
        valid = here * (self.status != "dropped")[:, None]
        together = valid.T @ valid
        cells = here.sum(axis=0)
        np.fill_diagonal(together, cells)
        return together / np.maximum(np.minimum(cells[:, None], cells[None, :]), 1)

    def named(self, names: Mapping[str, Mapping[int, int]]) -> tuple[Matches, int]:
        """Matches of cells instead of units, where units were merged or discarded.

        Parameters
        ----------
        names
            For each session: unit id -> name of its cell, `NONE` for a discarded unit.

        Returns
        -------
        tuple
            The matches, and how many units lost their place because another unit of their cell is in a match with
            more sessions. Units that a session does not have are left out.
        """
        taken: list[set[int]] = [set() for _ in self.sessions]
        rows: dict[int, Row] = {}
        lost = 0
        for at in np.argsort(-self.found_in, kind="stable"):
            row, cells = self.row(int(self.ids[at])), []
            for column, session in enumerate(self.sessions):
                cell = names.get(session, {}).get(row.units[column], NONE) if row.units[column] != NONE else NONE
                lost += cell in taken[column]
                cell = NONE if cell in taken[column] else cell
                taken[column] |= {cell} - {NONE}
                cells.append(cell)
            if any(cell != NONE for cell in cells):
                rows[int(at)] = Row(row.id, tuple(cells), row.status)
        return Matches.of(self.sessions, (rows[at] for at in sorted(rows))), lost
