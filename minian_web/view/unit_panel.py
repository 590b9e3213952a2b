"""The table of units beside the review."""

from __future__ import annotations

from typing import Any

import numpy as np

from minian_web.model.decisions import STATUSES
from minian_web.model.metrics import DESCRIPTIONS
from minian_web.state.companions import Companions
from minian_web.view.grid import Grid
from minian_web.view.theme import STATUS_COLOURS

__all__ = ["UnitPanel"]

TITLES = {
    "peak_snr": ("SNR", 1),
    "noise": ("Noise", 2),
    "event_rate": ("Rate", 1),
    "area": ("Area", 0),
    "roundness": ("Round", 2),
    "border": ("Border", 0),
    "neighbour": ("NN", 1),
    "fit": ("Fit", 2),
    "movie_match": ("Movie", 2),
}
HINT = "Filter: undecided snr<3 area>40, an id, a note"


class UnitPanel:
    """Keeps a `Grid` as the table of units says; nothing is sent while it is not seen."""

    def __init__(self, companions: Companions) -> None:
        self._companions, self._seen = companions, False
        table = companions.table
        self.grid = Grid(
            {
                "choose": lambda unit: self._choose(unit),
                "sort": lambda name: table.sort_by(name),
                "filter": lambda text: table.param.update(filter=text),
                "page": lambda page: table.param.update(page=min(max(page, 0), table.pages - 1)),
                "act": self._act,
            },
            hint=HINT,
            empty="No unit meets this filter.",
        )
        table.param.watch(lambda *_: self._draw(), ["units", "page", "columns", "error", "sort", "descending"])
        companions.review.param.watch(lambda event: self._current(event), "walk")

    def show(self, *, seen: bool) -> None:
        """Say whether the reviewer sees it."""
        self._seen = seen
        if seen:
            self._companions.table.reveal(self._companions.review.walk.current)
            self._draw()

    def _choose(self, unit: str) -> None:
        if unit.lstrip("-").isdecimal():
            self._companions.review.go("to_unit", int(unit))

    def _act(self, name: str) -> None:
        companions = self._companions
        if name == "walk":
            companions.walk_along(not companions.walks_along)
            self._draw()
        elif name in ("keep", "discard"):
            companions.decide_listed(name)

    def _current(self, event: Any) -> None:
        if self._seen and event.new.current != event.old.current:
            self._companions.table.reveal(event.new.current)
            self._draw()

    def _draw(self) -> None:
        table = self._companions.table
        if not self._seen or not table.columns:
            return
        shown = [name for name in TITLES if name in table.columns]
        self.grid.param.update(
            columns=self._columns(shown),
            rows=self._rows(shown),
            actions=self._actions(),
            sort=table.sort,
            descending=table.descending,
            page=table.page,
            pages=table.pages,
            filter=table.filter,
            error=table.error,
            said=f"{len(table.units)} of {len(table.columns['unit'])}",
        )

    def _columns(self, shown: list[str]) -> list[dict[str, Any]]:
        rate = self._companions.metrics.frame_rate
        about = {**DESCRIPTIONS, "event_rate": "Events a minute" if rate else "Events in 1,000 frames"}
        return [
            {"name": "unit", "title": "Unit", "sorts": True},
            {"name": "status", "title": "Status", "sorts": True, "align": "left", "kind": "status"},
            *({"name": name, "title": TITLES[name][0], "about": about[name], "sorts": True} for name in shown),
            {"name": "note", "title": "Note", "sorts": True, "align": "left", "wide": True},
        ]

    def _rows(self, shown: list[str]) -> list[dict[str, Any]]:
        columns, current = self._companions.table.columns, self._companions.review.walk.current
        rows = []
        for place in self._companions.table.rows():
            unit, status = int(columns["unit"][place]), str(columns["status"][place])
            numbers = [_number(float(columns[name][place]), TITLES[name][1]) for name in shown]
            cells = [str(unit), [status, STATUS_COLOURS[status]], *numbers, columns["note"][place]]
            rows.append({"id": str(unit), "cells": cells, "current": unit == current})
        return rows

    def _actions(self) -> list[dict[str, Any]]:
        companions = self._companions
        statuses = dict(zip(companions.table.columns["unit"].tolist(), companions.table.columns["status"], strict=True))
        count = sum(statuses[unit] == STATUSES[0] for unit in companions.table.units)
        nothing = not count or not companions.table.filter.strip()
        why = "all undecided units that are listed, as one action that can be undone; needs a filter"
        walk = "Walk among neighbours" if companions.walks_along else "Walk in this order"
        return [
            {"name": "walk", "label": walk, "title": "Whether next and previous unit follow this table"},
            {"name": "keep", "label": f"Keep {count}", "title": f"Keep {why}", "disabled": nothing},
            {"name": "discard", "label": f"Discard {count}", "title": f"Discard {why}", "disabled": nothing},
        ]


def _number(value: float, digits: int) -> str | None:
    return f"{value:.{digits}f}" if np.isfinite(value) else None
