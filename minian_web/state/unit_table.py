"""The table of units: sorted, filtered, a page at a time; its order can be walked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import param

from minian_web.errors import BadRequest
from minian_web.model.decisions import Decisions, applied
from minian_web.model.filtering import Filter

__all__ = ["PAGE", "UnitTable"]

PAGE = 50


class UnitTable(param.Parameterized):
    """What of the units is listed, and in which order."""

    filter = param.String(doc="Input: which units, as `model.filtering.Filter` reads it")
    sort = param.String("", doc="Input: column; empty for the order of the walk")
    descending = param.Boolean(False, doc="Input: largest first")
    page = param.Integer(0, bounds=(0, None), doc="Input: which page of the list")

    columns = param.Dict({}, doc="Input: columns of the table, `(n,)` each")
    units = param.Parameter((), doc="Output: ids of all units listed, in order")
    error = param.String(doc="Output: why the filter cannot be used")

    def __init__(self, **inputs: Any) -> None:
        self._walk: dict[int, int] = {}
        super().__init__(**inputs)
        self.param.watch(lambda *_: self._list(), ["filter", "sort", "descending", "columns"])

    def follow(self, columns: Mapping[str, np.ndarray], order: tuple[int, ...]) -> None:
        """Take new contents; `order` is that of the walk."""
        self._walk = {unit: place for place, unit in enumerate(order)}
        self.columns = dict(columns)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-len(self.units) // PAGE))

    def rows(self) -> list[int]:
        """Positions, among the columns, of the units on the page."""
        at = {int(unit): place for place, unit in enumerate(self.columns.get("unit", ()))}
        page = min(self.page, self.pages - 1)
        return [at[unit] for unit in self.units[page * PAGE : (page + 1) * PAGE]]

    def reveal(self, unit: int | None) -> None:
        """Turn to the page that has a unit."""
        if unit in self.units:
            self.page = self.units.index(unit) // PAGE

    def sort_by(self, column: str) -> None:
        """Sort by a column; again the other way round; a third time as the walk goes."""
        if column != self.sort:
            self.param.update(sort=column, descending=column not in ("unit", "status", "note"))
        elif self.descending == (column not in ("unit", "status", "note")):
            self.descending = not self.descending
        else:
            self.param.update(sort="", descending=False)

    def _list(self) -> None:
        if not self.columns:
            self.param.update(units=(), error="")
            return
        try:
            mask = Filter.parse(self.filter).mask(self.columns)
        except BadRequest as error:
            self.error = str(error)
            return
        places = np.flatnonzero(mask)
        listed = self.columns["unit"][places[self._order(places)]]
        units = tuple(int(unit) for unit in listed)
        if units != self.units:  # param compares a thousand values far slower
            self.units = units
        self.error = ""
        self.page = min(self.page, self.pages - 1)

    def _order(self, places: np.ndarray) -> np.ndarray:
        """Order of rows; what is not known comes last either way."""
        walked = [self._walk.get(int(unit), len(self._walk)) for unit in self.columns["unit"][places]]
        by_walk = np.argsort(walked, kind="stable")
        if self.sort not in self.columns:
            return by_walk
        values = self.columns[self.sort][places][by_walk]
        if values.dtype.kind not in "iuf":
            ranks = np.unique(values.astype(str), return_inverse=True)[1].astype(np.float64)
            ranks[values.astype(str) == ""] = np.nan
        else:
            ranks = values.astype(np.float64)
        return by_walk[np.argsort(-ranks if self.descending else ranks, kind="stable")]

    def decided(self, decisions: Decisions, kind: str) -> Decisions:
        """Decisions after all undecided units that are listed were kept or discarded.

        Raises
        ------
        BadRequest
            If none of them is undecided, or `kind` is neither.
        """
        if kind not in ("keep", "discard"):
            raise BadRequest(f"a rule keeps or discards, it does not {kind}")
        open_units = set(decisions.unit_ids[decisions.statuses() == "undecided"].tolist())
        units = [unit for unit in self.units if unit in open_units]
        if not units:
            raise BadRequest("none of the listed units is undecided")
        return applied(decisions, kind, units)
