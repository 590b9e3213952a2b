"""A table of which the browser has one page; Python has the rest, sorts and filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets

__all__ = ["Grid"]


class Grid(JSComponent):
    """Draws rows and tells what the reviewer does with them.

    Parameters
    ----------
    told
        By name, what is called when the browser tells of it: `choose` and `press` (id of a row, its text), `sort` (name
        of a column), `filter` (text), `page` (number), `act` (name of an action).
    """

    columns = param.List(default=[], item_type=dict, doc="Input: dicts of name, title, about, sorts, align, wide, kind")
    rows = param.List(
        default=[], item_type=dict, doc="Input: dicts of id, cells (in the order of the columns), current"
    )
    actions = param.List(default=[], item_type=dict, doc="Input: buttons over the table: name, label, title, disabled")
    sort = param.String(doc="Input: column that the rows are sorted by")
    descending = param.Boolean(False, doc="Input: largest first")
    page = param.Integer(0, doc="Input: number of the page, from 0")
    pages = param.Integer(1, doc="Input: how many pages there are")
    said = param.String(doc="Input: how many rows there are, in words")
    error = param.String(doc="Input: why the filter cannot be used")
    hint = param.String(doc="Input: what the field of the filter says while it is empty; without it there is no field")
    filter = param.String(doc="Input: text of the filter")
    empty = param.String("Nothing to show.", doc="Input: what is said when there are no rows")

    _esm = assets.text("grid.js")

    def __init__(self, told: dict[str, Callable[[Any], Any]], **params: Any) -> None:
        self._told = told
        super().__init__(**{"sizing_mode": "stretch_both", "margin": 0, **params})

    def _handle_msg(self, data: Any) -> None:
        kinds = {"choose": str, "press": str, "sort": str, "filter": str, "act": str, "page": int}
        for name, kind in kinds.items():
            value = data.get(name) if isinstance(data, dict) else None
            if isinstance(value, kind) and not isinstance(value, bool) and name in self._told:
                self._told[name](value)
