"""The queue of units that may be one cell."""

from __future__ import annotations

import re
from typing import Any

from minian_web.state.merge_queue import MergeQueue
from minian_web.view.grid import Grid

__all__ = ["MergePanel"]

COLUMNS = [
    {"name": "units", "title": "Units", "align": "left"},
    {"name": "overlap", "title": "Overlap", "about": "Cosine of the two footprints, of the likeliest pair"},
    {"name": "correlation", "title": "Correlation", "about": "Of the two calcium traces, of the likeliest pair"},
]
_LIMIT = re.compile(r"(overlap|corr\w*)\s*>?=?\s*(-?[\d.]+)", re.IGNORECASE)
_MOST = 200
OVERLAP, CORRELATION = (float(MergeQueue.param[name].default) for name in ("overlap", "correlation"))  # when not said


class MergePanel:
    """Keeps a `Grid` as the queue says."""

    def __init__(self, queue: MergeQueue) -> None:
        self._queue = queue
        self.grid = Grid(
            {"choose": self._choose, "act": self._act, "filter": self._limits},
            columns=COLUMNS,
            hint="overlap>0.3 corr>0.7",
            filter=_said(queue),
        )
        queue.param.watch(lambda *_: self._draw(), ["groups", "current", "progress", "error"])
        self._draw()

    def _choose(self, number: str) -> None:
        if number.isdecimal() and int(number) < len(self._queue.groups):
            self._queue.look(self._queue.groups[int(number)])

    def _act(self, name: str) -> None:
        acts = {"next": self._queue.step, "merge": self._queue.accept, "apart": self._queue.dismiss}
        if name in acts:
            acts[name]()

    def _limits(self, text: str) -> None:
        found = {name.lower()[:4]: value for name, value in _LIMIT.findall(text)}
        try:
            overlap, correlation = float(found.get("over", OVERLAP)), float(found.get("corr", CORRELATION))
        except ValueError:
            self.grid.error = f"cannot read {text!r}; write: overlap>0.3 corr>0.7"
            return
        self.grid.filter = text
        self._queue.param.update(overlap=min(max(overlap, 0), 1), correlation=min(max(correlation, -1), 1))
        self._draw()

    def _draw(self) -> None:
        queue = self._queue
        waiting = queue.progress is not None
        nothing = queue.current is None
        self.grid.param.update(
            rows=[self._row(number, group) for number, group in enumerate(queue.groups[:_MOST])],
            said="comparing units…" if waiting else f"{len(queue.groups)} to look at",
            error=queue.error,
            empty="Comparing units…" if waiting else "No units overlap and go together as much as that.",
            actions=[
                {"name": "next", "label": "Next", "title": "Show the next group (q)", "disabled": not queue.groups},
                {"name": "merge", "label": "One cell", "title": "Merge them and go on (m)", "disabled": nothing},
                {"name": "apart", "label": "Different", "title": "Different cells, go on (x)", "disabled": nothing},
            ],
        )

    def _row(self, number: int, group: Any) -> dict[str, Any]:
        *_, overlap, correlation = group.pairs[0]
        cells = [", ".join(map(str, group.units)), f"{overlap:.2f}", f"{correlation:.2f}"]
        return {"id": str(number), "cells": cells, "current": group == self._queue.current}


def _said(queue: MergeQueue) -> str:
    return f"overlap>{queue.overlap:g} corr>{queue.correlation:g}"
