"""Boxes drawn into a field of view: shift and drag draws, drag moves, Backspace deletes."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import BoxEditTool, ColumnDataSource

from minian_web.model.boxes import Box, edges_of
from minian_web.state.boxes import MOST, BoxesState
from minian_web.view.figures import Figure

COLOR = "#F0E442"
COLUMNS = ("x", "y", "width", "height", "name")


class BoxLayer:
    """Keeps the boxes of a state and those of a figure the same.

    Parameters
    ----------
    figure
        A field of view.
    heights, widths
        Its coordinates.
    """

    def __init__(self, figure: Figure, state: BoxesState, heights: np.ndarray, widths: np.ndarray) -> None:
        self._figure, self._state = figure, state
        self._heights, self._widths = heights, widths
        self._writing = False
        model = figure.model
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        drawn = model.rect(
            "x",
            "y",
            "width",
            "height",
            source=self.source,
            fill_color=COLOR,
            fill_alpha=0.0,
            line_color=COLOR,
            line_width=1.5,
        )
        figure.add(
            "mask",
            "rect",
            {"x": [], "y": [], "width": [], "height": []},
            fill_alpha=0.0,
            line_color=COLOR,
            line_width=3.5,
            line_alpha=0.55,
        )
        figure.add(
            "box names",
            "text",
            {"x": [], "y": [], "text": []},
            text_color="white",
            text_font_size="11px",
            text_baseline="top",
            background_fill_color="black",
            background_fill_alpha=0.55,
            padding=3,
            x_offset=2,
            y_offset=2,
        )
        self.tool = BoxEditTool(renderers=[drawn], empty_value="", num_objects=MOST)
        model.add_tools(self.tool)
        model.toolbar.active_drag = self.tool
        self.source.on_change("data", self._edited)
        self._unwatch = state.param.watch(lambda *_: self.show(), ["boxes", "mask"], onlychanged=False)
        self.show()

    def remove(self) -> None:
        """Follow the state no longer."""
        self._state.param.unwatch(self._unwatch)

    def show(self) -> None:
        """Draw the boxes of the state."""
        boxes = self._state.boxes
        self._figure.change(lambda: self._write(boxes))
        self._figure.write("mask", **self._columns([box for box in boxes if box.name == self._state.mask]))
        corners = [edges_of(box, self._heights, self._widths) for box in boxes]
        texts = [f"{box.name} (mask)" if box.name == self._state.mask else box.name for box in boxes]
        self._figure.write("box names", x=[edge[0] for edge in corners], y=[edge[2] for edge in corners], text=texts)

    def _write(self, boxes: list[Box]) -> None:
        self._writing = True
        try:
            self.source.data = self._columns(boxes, with_names=True)
        finally:
            self._writing = False

    def _columns(self, boxes: list[Box], *, with_names: bool = False) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for box in boxes:
            left, right, top, bottom = edges_of(box, self._heights, self._widths)
            row = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top, box.name)
            for name, value in zip(COLUMNS, row, strict=True):
                columns[name].append(value)
        if not with_names:
            del columns["name"]
        return columns

    def _edited(self, _attribute: str, _old: Any, new: dict[str, Any]) -> None:
        """Take over what the browser says; the state refuses what cannot be."""
        if not self._writing:
            self._state.draw(_rows(new))


def _rows(data: dict[str, Any]) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Names and edges from the columns of the source, whatever a browser has put there."""
    columns = [list(data.get(name, ())) for name in COLUMNS]
    rows = []
    for x, y, width, height, name in zip(*columns, strict=False):
        middle_x, middle_y, wide, tall = (_finite(value) for value in (x, y, width, height))
        wide, tall = abs(wide) / 2, abs(tall) / 2
        edges = middle_x - wide, middle_x + wide, middle_y - tall, middle_y + tall
        rows.append((name if isinstance(name, str) else "", edges))
    return rows


def _finite(value: Any) -> float:
    return float(value) if isinstance(value, int | float | np.number) else float("nan")
