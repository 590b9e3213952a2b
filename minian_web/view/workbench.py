"""The panels beside the traces, one at a time: group, table, merge queue, raster, history, sets."""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn

from minian_web.state.review import ReviewState
from minian_web.view.history_panel import HistoryPanel
from minian_web.view.merge_panel import MergePanel
from minian_web.view.note import Note
from minian_web.view.raster_panel import RasterPanel
from minian_web.view.sets_panel import SetsPanel
from minian_web.view.strip import Strip
from minian_web.view.strip import button as strip_button
from minian_web.view.unit_panel import UnitPanel

__all__ = ["Workbench"]

TABS = {
    "units": "Group",
    "table": "Table",
    "merge": "Merge queue",
    "raster": "Raster",
    "history": "History",
    "sets": "Sets",
}
WIDTHS = {"units": 400, "table": 620, "merge": 400, "raster": 620, "history": 600, "sets": 420}


class Workbench:
    """Everything is built once; a tab shows one part and hides the others."""

    def __init__(self, state: ReviewState, units: Any, switches: Any, raster: RasterPanel) -> None:
        self._state, companions = state, state.companions
        self._table, self._merge = UnitPanel(companions), MergePanel(companions.queue)
        self._history, self._raster = HistoryPanel(companions), raster
        self._note = Note(companions.write_note)
        self._parts = {
            "units": pn.Column(
                switches, pn.Column(units, scroll="y-auto", sizing_mode="stretch_both", margin=0), self._note
            ),
            "table": pn.Column(self._table.grid),
            "merge": pn.Column(self._merge.grid),
            "raster": pn.Column(raster.figure.pane()),
            "history": pn.Column(self._history.grid),
            "sets": pn.Column(SetsPanel(companions).column),
        }
        for name, part in self._parts.items():
            part.param.update(sizing_mode="stretch_both", margin=0, visible=name == "units")
        tabs = [strip_button(name, label, partial(self.show, name)) for name, label in TABS.items()]
        self._tabs = Strip(*tabs, margin=(0, 0, 6, 0))
        self.column = pn.Column(self._tabs, *self._parts.values(), margin=(0, 8), sizing_mode="stretch_height")
        state.param.watch(lambda *_: self._show_note(), ["walk", "decisions"])
        companions.param.watch(lambda *_: self._show_note(), "notes")
        companions.queue.param.watch(lambda *_: self._count(), "groups")
        self.show("units")
        self._show_note()

    def show(self, name: str) -> None:
        """Show one of `TABS`."""
        for other, part in self._parts.items():
            part.visible = other == name
            self._tabs.change(other, on=other == name)
        self.column.width = WIDTHS[name]
        self._table.show(seen=name == "table")
        self._history.show(seen=name == "history")
        self._raster.show(seen=name == "raster")

    def candidate(self, by: int) -> None:
        """Show the next group of the merge queue."""
        self.show("merge")
        self._state.companions.queue.step(by)

    def _show_note(self) -> None:
        unit = self._state.walk.current
        text = self._state.companions.notes.get(unit, "") if unit is not None else ""
        self._note.param.update(about=unit, text=text, label="" if unit is None else f"Unit {unit}")

    def _count(self) -> None:
        count = len(self._state.companions.queue.groups)
        self._tabs.change("merge", label=f"{TABS['merge']} ({count})" if count else TABS["merge"])
