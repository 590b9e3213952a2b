"""One movie on the page: its figure with boxes, outlines, scale bar, or a projection in place of its frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import LinearColorMapper

from minian_web.model.decisions import STATUSES
from minian_web.model.quantise import finite_range, quantise
from minian_web.state.outlines import Outlined
from minian_web.state.screen import Screen
from minian_web.view.boxes import BoxLayer
from minian_web.view.figures import Figure, bounds, field_of_view
from minian_web.view.player import COLORMAPS, panel
from minian_web.view.theme import STATUS_COLOURS

TOOLS = ("pan", "wheel_zoom", "reset")
NOTHING = np.full(2, np.nan, np.float32)
_BAR_PART = 0.2  # of the width that the scale bar takes at most


class ScreenView:
    """Draws a `Screen`.

    Parameters
    ----------
    pick
        Called with row and column, as positions of pixels, of a click.
    beside
        Figure of another screen to zoom together with.
    titled
        Whether the movie's name is said over the figure.
    """

    def __init__(
        self,
        screen: Screen,
        pick: Callable[[float, float], None],
        beside: Figure | None = None,
        *,
        titled: bool = False,
    ) -> None:
        shown = self.shown = screen.required
        self.screen = screen
        movie = shown.movie
        self.axes = movie.heights, movie.widths
        options: dict[str, Any] = {"title": movie.variable} if titled else {}
        self.figure = field_of_view(*self.axes, TOOLS, active_tools=["wheel_zoom"], **options)
        self.figure.hide("ground")
        self.figure.model.update(toolbar_location="right", background_fill_alpha=0, border_fill_alpha=0)
        if beside is not None:
            self.figure.share_ranges(beside)
        for status in STATUSES:
            style = {"line_dash": "dotted"} if status == "discarded" else {}
            columns = {"x": NOTHING, "y": NOTHING}
            self.figure.add(status, "line", columns, line_color=STATUS_COLOURS[status], line_width=1.6, **style)
        self._add_scale(shown.pixel_size)
        self.boxes = BoxLayer(self.figure, screen.boxes, *self.axes)
        self.figure.on(Tap, lambda event: pick(_place(event.y, self.axes[0]), _place(event.x, self.axes[1])))
        self._unwatch: list[tuple[Any, Any]] = []

    def follow(self, changed: Callable[[], None]) -> None:
        """Call back when the colours change."""
        self._unwatch.append((self.screen, self.screen.param.watch(lambda *_: changed(), ["limits", "colormap"])))

    def remove(self) -> None:
        """Follow the state no longer."""
        self.boxes.remove()
        for owner, watcher in self._unwatch:
            owner.param.unwatch(watcher)

    def panel(self, dataset: str, *, frames: bool = True) -> dict[str, Any]:
        """Describe the screen for the player; without frames where a projection is shown."""
        screen, movie = self.screen, self.shown.movie
        low, high = screen.limits or (None, None)
        query = {"dataset": dataset, "movie": movie.name, "guard": movie.guard} if frames else None
        edges = bounds(*self.axes)
        return panel(self.figure.model, query, edges, colormap=screen.colormap, low=low, high=high, label="")

    def show_image(self, image: np.ndarray | None) -> None:
        """Show a projection in place of the frames; None for the frames."""
        if image is not None:
            low, high = finite_range(image)
            if self.screen.contrast == "numbers":
                low, high = self.screen.numbers
            levels = quantise(image, low, high if high > low else low + 1)
            mapper = LinearColorMapper(palette=list(COLORMAPS[self.screen.colormap]), low=0, high=255)
            self.figure.write("ground", image=[levels])
            self.figure.change(lambda: self.figure.renderer("ground").glyph.update(color_mapper=mapper))
        self.figure.hide("ground", hidden=image is None)

    def show_units(self, units: Outlined | None) -> None:
        """Outline units in the colours of what was decided; None: no outlines."""
        for status in STATUSES:
            columns, rows = (units.lines if units is not None else {}).get(status, (NOTHING, NOTHING))
            x, y = _coordinates(columns, self.axes[1]), _coordinates(rows, self.axes[0])
            self.figure.write(status, x=x, y=y)

    def _add_scale(self, pixel_size: float | None) -> None:
        if not pixel_size:
            return
        left, right, top, bottom = bounds(*self.axes)
        length = nice_length((right - left) * pixel_size * _BAR_PART)
        start, level = left + 0.04 * (right - left), bottom - 0.05 * (bottom - top)
        end = start + length / pixel_size
        self.figure.add("scale", "line", {"x": [start, end], "y": [level, level]}, line_color="white", line_width=4)
        style = {"text_color": "white", "text_font_size": "12px", "text_baseline": "bottom", "text_align": "center"}
        text = {"x": [(start + end) / 2], "y": [level], "text": [f"{length:g} µm"]}
        self.figure.add("scale text", "text", text, **style)


def nice_length(most: float) -> float:
    """Largest of 1, 2, 5, 10, 20, 50 ... that is not above `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step for step in (5 * power, 2 * power, power) if step <= most * (1 + 1e-9))


def _coordinates(positions: np.ndarray, axis: np.ndarray) -> np.ndarray:
    step = (axis[-1] - axis[0]) / (axis.size - 1) if axis.size > 1 else 1.0
    return (axis[0] + np.asarray(positions, np.float64) * step).astype(np.float32)


def _place(value: float, axis: np.ndarray) -> float:
    step = (axis[-1] - axis[0]) / (axis.size - 1) if axis.size > 1 else 1.0
    return (value - float(axis[0])) / (float(step) or 1.0)
