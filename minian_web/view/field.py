"""Fields of view with cells on them: the map of all footprints, and the ground for movies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import panel as pn
from bokeh.events import SelectionGeometry, Tap

from minian_web.model.decisions import STATUSES, Decisions
from minian_web.model.footprints import Footprints, outlines, summed
from minian_web.model.walk import Walk
from minian_web.view.figures import field_of_view, pixels, unit_color
from minian_web.view.theme import STATUS_COLOURS

NOTHING = np.full(2, np.nan, np.float32)
GAP = np.full(1, np.nan, np.float32)
Outlines = Mapping[int, tuple[np.ndarray, np.ndarray]]
NAMES = {
    "text_color": "white",
    "background_fill_color": "black",
    "background_fill_alpha": 0.55,
    "padding": 2,
    "border_radius": 3,
    "text_font_size": "11px",
    "text_font_style": "bold",
    "text_align": "center",
    "text_baseline": "middle",
}
DASHES = {"discarded": "dotted"}
TITLE_COLOR = "#7a8792"  # read on light and dark ground; Panel's themes leave titles black
AROUND = 4.0  # sides of the unit that a zoom to it shows


class Field:
    """A field of view on which the shown units are outlined and named.

    Parameters
    ----------
    heights, widths
        Coordinates of the pixels.
    tools
        Bokeh tools by name.
    """

    def __init__(
        self,
        heights: np.ndarray,
        widths: np.ndarray,
        tools: Sequence[str] = ("pan", "wheel_zoom", "reset"),
        **options: Any,
    ) -> None:
        self._heights, self._widths = heights, widths
        self.figure = field_of_view(heights, widths, tools, **options)
        self.figure.model.title.text_color = TITLE_COLOR
        self.figure.hide("ground")
        self._draw_under()
        self.figure.add("shown", "multi_line", {"xs": [], "ys": [], "line_color": []}, line_width=1.8)
        self.figure.add("names", "text", {"x": [], "y": [], "text": []}, **NAMES)

    def _draw_under(self) -> None:
        """Draw what lies under the outlines of the shown units."""

    def mark(self, walk: Walk, footprints: Footprints) -> None:
        """Outline the units that the walk shows, each in its colour, with its id."""
        lines = [self.lines(footprints, [unit]) for unit in walk.shown]
        self.figure.write(
            "shown",
            xs=[x for x, _ in lines],
            ys=[y for _, y in lines],
            line_color=[unit_color(position) for position in range(len(lines))],
        )
        centres = footprints.centroids[[footprints.position(unit) for unit in walk.shown]].reshape(-1, 2)
        x, y = self._place(centres[:, 1], centres[:, 0])
        self.figure.write("names", x=x, y=y, text=[str(unit) for unit in walk.shown])

    def show_image(self, image: np.ndarray) -> None:
        """Show an image `(height, width)` under the outlines, from its darkest to its brightest part."""
        finite = image[np.isfinite(image)]
        low, high = np.percentile(finite, [1, 99.8]) if finite.size else (0.0, 1.0)
        scaled = (np.nan_to_num(image, nan=low) - low) / max(high - low, np.finfo(np.float32).tiny)
        self.figure.write("ground", image=[(np.clip(scaled, 0, 1) * 255).astype(np.uint8)])

    def zoom_to(self, box: np.ndarray) -> None:
        """Show a box (row0, row1, column0, column1) with what is around it; the pixels stay square."""
        columns, rows = self._place(np.array(box[2:], float), np.array(box[:2], float))
        model = self.figure.model
        aspect = pixels(model, "inner_width", 400) / pixels(model, "inner_height", 400)
        side = max(float(rows[1] - rows[0]), float(columns[1] - columns[0]) / aspect) * AROUND
        x, y = float(columns.mean()), float(rows.mean())
        self.show_range((x - side * aspect / 2, x + side * aspect / 2, y - side / 2, y + side / 2))

    def show_all(self) -> None:
        """Show the whole field of view again."""
        x, y = self.figure.model.x_range, self.figure.model.y_range
        if x.reset_start is not None:  # told by the browser, which keeps the pixels square
            self.show_range((x.reset_start, x.reset_end, y.reset_end, y.reset_start))

    def show_range(self, edges: tuple[float, float, float, float]) -> None:
        """Show a part of the field of view: left, right, top, bottom in the axes' coordinates."""
        left, right, top, bottom = edges
        model = self.figure.model

        def apply() -> None:
            model.x_range.update(start=left, end=right)
            model.y_range.update(start=bottom, end=top)

        self.figure.change(apply)

    def title(self, text: str) -> None:
        """Say over the figure what it shows."""
        self.figure.change(lambda: self.figure.model.title.update(text=text))

    def lines(self, footprints: Footprints, units: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Outlines of units in the axes' coordinates, NaN between them."""
        xs, ys = outlines(footprints, units)
        return self._place(xs, ys)

    def _place(self, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _coordinates(columns, self._widths), _coordinates(rows, self._heights)

    def pane(self, **layout: Any) -> pn.pane.Bokeh:
        """Give the figure as a pane."""
        return self.figure.pane(**layout)


def _coordinates(positions: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Coordinates at positions between pixels; outlines reach half a pixel over the rim."""
    step = (axis[-1] - axis[0]) / (axis.size - 1) if axis.size > 1 else 1.0
    return (axis[0] + np.asarray(positions, np.float64) * step).astype(np.float32)


class FootprintMap(Field):
    """All footprints, outlined by what was decided; a click or a box chooses units.

    Parameters
    ----------
    pick
        Called with height, width, and whether the unit is to be marked (shift or ctrl held).
    pick_box
        Called with the heights and the widths of a box.
    """

    def __init__(
        self,
        heights: np.ndarray,
        widths: np.ndarray,
        *,
        pick: Callable[[float, float, bool], None],
        pick_box: Callable[[tuple[float, float], tuple[float, float]], None],
    ) -> None:
        self._outlines: Outlines = {}
        self._drawn: dict[str, tuple[int, ...]] = {}
        tools = ("pan", "wheel_zoom", "box_select", "reset")
        super().__init__(heights, widths, tools, title="Footprints", active_tools=["box_select", "wheel_zoom"])
        current = self.figure
        current.on(Tap, lambda event: pick(event.y, event.x, _adds(event)))
        current.on(SelectionGeometry, lambda event: _boxed(event, pick_box))

    def _draw_under(self) -> None:
        self.figure.hide("ground", hidden=False)
        for status in STATUSES:
            style = {"line_color": STATUS_COLOURS[status], "line_dash": DASHES.get(status, "solid")}
            self.figure.add(status, "line", {"x": NOTHING, "y": NOTHING}, **style)

    def show_projection(self, projection: np.ndarray | None) -> None:
        """Show the max projection until the footprints are known."""
        if projection is not None:
            self.show_image(projection)

    def show_footprints(self, footprints: Footprints) -> None:
        """Show all footprints, each at the same brightness."""
        self.show_image(summed(footprints))

    def show_outlines(self, outlines: Outlines) -> None:
        """Outline every unit, in the colour of the undecided; what is decided is drawn over it."""
        self._outlines = outlines
        self._drawn.clear()
        x, y = self._joined(outlines)
        self.figure.write("undecided", x=x, y=y)

    def show_decisions(self, decisions: Decisions) -> None:
        """Outline what is decided in the colour of its status; only what changed is sent."""
        statuses = decisions.statuses()
        for status in STATUSES[1:]:
            units = tuple(decisions.unit_ids[statuses == status].tolist())
            if self._drawn.get(status, ()) != units:
                self._drawn[status] = units
                x, y = self._joined(units)
                self.figure.write(status, x=x, y=y)

    def _joined(self, units: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
        """Outlines of units in the axes' coordinates, NaN between them."""
        lines = [self._outlines[unit] for unit in units]
        parts = [np.concatenate([part for line in lines for part in (line[axis], GAP)] or [GAP]) for axis in (0, 1)]
        return self._place(parts[0], parts[1])


def _adds(event: Any) -> bool:
    modifiers = event.modifiers
    return bool(modifiers and (modifiers.get("shift") or modifiers.get("ctrl")))


def _boxed(event: Any, pick_box: Callable[[tuple[float, float], tuple[float, float]], None]) -> None:
    shape = event.geometry
    if event.final and shape.get("type") == "rect":
        pick_box((shape["y0"], shape["y1"]), (shape["x0"], shape["x1"]))
