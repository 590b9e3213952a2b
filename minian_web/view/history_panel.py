"""Who did what when, and the way back."""

from __future__ import annotations

from typing import Any

from minian_web.state.companions import Companions
from minian_web.view.grid import Grid

__all__ = ["HistoryPanel"]

COLUMNS = [
    {"name": "time", "title": "Time (UTC)", "align": "left"},
    {"name": "who", "title": "Who", "align": "left"},
    {"name": "what", "title": "What", "align": "left"},
    {"name": "units", "title": "Units", "align": "left", "wide": True},
    {"name": "note", "title": "Note", "align": "left", "wide": True},
    {"name": "back", "title": "", "kind": "action"},
]
_PAGE = 100


class HistoryPanel:
    """Keeps a `Grid` as the log says; the log is read only while it is seen."""

    def __init__(self, companions: Companions) -> None:
        self._companions, self._seen, self._text, self._page = companions, False, "", 0
        self.grid = Grid(
            {"choose": self._choose, "press": companions.go_back, "filter": self._filter, "page": self._turn},
            columns=COLUMNS,
            hint="Filter: a name, a unit, merged, a day",
            empty="Nothing was decided yet.",
        )
        companions.review.param.watch(lambda *_: self._draw(), ["decisions", "saving", "label_set"])

    def show(self, *, seen: bool) -> None:
        """Say whether the reviewer sees it."""
        self._seen = seen
        self._draw()

    def _filter(self, text: str) -> None:
        self._text, self._page = text, 0
        self._draw()

    def _turn(self, page: int) -> None:
        self._page = max(page, 0)
        self._draw()

    def _choose(self, line_id: str) -> None:
        log = self._companions.log
        units = [one.units for one in log.entries() if one.id == line_id] if log is not None else []
        first = units[0].split(",")[0].split(" ")[0] if units else ""
        if first.isdecimal():
            self._companions.review.go("to_unit", int(first))

    def _draw(self) -> None:
        log = self._companions.log
        if not self._seen or log is None:
            return
        label_set = self._companions.review.label_set
        found = log.entries(text=self._text, label_set=label_set)
        newest = next(iter(log.entries(label_set=label_set)), None)
        pages = max(1, -(-len(found) // _PAGE))
        page = min(self._page, pages - 1)
        rows: list[dict[str, Any]] = [
            {
                "id": one.id,
                "cells": [
                    one.time.replace("T", " "),
                    one.reviewer,
                    one.what,
                    one.units,
                    one.note,
                    "" if newest is not None and one.id == newest.id else "Go back here",
                ],
                "current": False,
            }
            for one in found[page * _PAGE : (page + 1) * _PAGE]
        ]
        self.grid.param.update(rows=rows, page=page, pages=pages, filter=self._text, said=f"{len(found)} actions")
