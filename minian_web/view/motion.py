"""Estimated motion under the statistics: two curves, or two images of frame x patch where it is not rigid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.events import RangesUpdate
from bokeh.models import FixedTicker, LinearColorMapper, Span
from bokeh.palettes import RdBu11, interp_palette

from minian_web.view.figures import Figure, pixels
from minian_web.view.shading import decimated
from minian_web.view.summary import BORDER

if TYPE_CHECKING:
    from minian_web.store.motion import Motion

COLORS = ("#0072B2", "#E69F00")
CURSOR_COLOR = "#E5484D"
HEIGHT = 92  # pixels
_WIDTH = 900  # until the browser has told
_COLUMNS = 2000  # of an image; more frames than that are averaged
_EMPTY = {"x": np.zeros(0), "y": np.zeros(0)}


class MotionFigure:
    """Shifts of each frame; zooms together with another figure over time.

    Parameters
    ----------
    beside
        Bokeh figure whose x range is shared.
    """

    def __init__(self, beside: Any) -> None:
        self._motion: Motion | None = None
        self._x = np.zeros(0)
        ground = hv.Image(np.zeros((2, 2), np.float32), bounds=(0, 0, 1, 1))
        self._figure = Figure(
            ground.opts(cmap=interp_palette(tuple(reversed(RdBu11)), 256), clim=(-1, 1)),
            xlim=(0, 1),
            ylim=(0, 1),
            xlabel="",
            ylabel="shift (px)",
            responsive=True,
            default_tools=["xpan", "xwheel_zoom", "reset"],
            active_tools=["xwheel_zoom"],
            show_grid=False,
            padding=0,
        )
        for name, color in zip(("first", "second"), COLORS, strict=True):
            self._figure.add(name, "line", dict(_EMPTY), line_color=color)
        style = {"text_font_size": "11px", "text_baseline": "top", "x_offset": 6}
        self._figure.add("names", "text", {"x": [], "y": [], "text": [], "text_color": []}, **style)
        self.cursor = Span(location=0, dimension="height", line_color=CURSOR_COLOR, line_width=1.5)
        model = self._figure.model
        model.add_layout(self.cursor)
        model.update(x_range=beside.x_range, min_border_left=BORDER, toolbar_location="right")
        model.xaxis[0].visible = False
        self._figure.on(RangesUpdate, lambda _event: self.draw())

    def show(self, motion: Motion | None, scale: float) -> None:
        """Show a motion; `scale` is seconds a frame where the axis is in seconds, else 1."""
        self._motion = motion
        if motion is not None:
            self._x = motion.frames.astype(np.float64) * scale
            self._figure.change(self._dress)
            self.draw()

    def _dress(self) -> None:
        """Set the y axis: pixels for curves, the names of the directions for images."""
        motion, model = self._motion, self._figure.model
        if motion is None:
            return
        if motion.rigid:
            low, high = _limits(motion.values)
            model.y_range.update(start=low, end=high)
            ticks = [low, high] if low * high >= 0 else [low, 0.0, high]
            model.yaxis[0].update(ticker=FixedTicker(ticks=ticks), axis_label="shift (px)", major_label_overrides={})
            model.yaxis[0].major_label_overrides = {tick: f"{tick:.3g}" for tick in ticks}
            return
        model.y_range.update(start=0, end=1)
        names = dict(zip((0.75, 0.25), motion.names, strict=True))
        model.yaxis[0].update(ticker=FixedTicker(ticks=list(names)), axis_label="patches", major_label_overrides=names)

    def draw(self) -> None:
        """Draw what is visible."""
        motion, model = self._motion, self._figure.model
        if motion is None or not self._x.size:
            return
        self._figure.hide("ground", hidden=motion.rigid)
        if motion.rigid:
            self._draw_curves(motion, float(model.x_range.start), float(model.x_range.end))
        else:
            self._draw_images(motion)

    def _draw_curves(self, motion: Motion, start: float, end: float) -> None:
        first, last = np.searchsorted(self._x, (start, end))
        part = slice(max(int(first) - 1, 0), int(last) + 1)
        width = pixels(self._figure.model, "inner_width", _WIDTH)
        for name, values in zip(("first", "second"), motion.values[:, 0], strict=True):
            x, y = decimated(self._x[part], values[part], width)
            self._figure.write(name, x=x, y=y)
        high = _limits(motion.values)[1]
        self._figure.write(
            "names", x=[start, start], y=[high, high], text=[motion.names[0], f"{' ' * 14}{motion.names[1]}"],
            text_color=list(COLORS),
        )  # fmt: skip

    def _draw_images(self, motion: Motion) -> None:
        """Two images over each other, red and blue alike far from no shift, first patch at the top."""
        step = -(-self._x.size // _COLUMNS)
        edges = np.arange(0, self._x.size, step)
        counts = np.diff(np.append(edges, self._x.size))
        shown = np.add.reduceat(np.nan_to_num(motion.values), edges, axis=2) / counts
        limit = float(np.abs(shown).max(initial=0)) or 1.0
        image = np.concatenate([one[::-1] for one in shown[::-1]]).astype(np.float32)
        half = (self._x[-1] - self._x[0]) / max(1, self._x.size - 1) / 2
        mapper = LinearColorMapper(palette=interp_palette(tuple(reversed(RdBu11)), 256), low=-limit, high=limit)
        self._figure.change(lambda: self._figure.renderer("ground").glyph.update(color_mapper=mapper))
        left, right = self._x[0] - half, self._x[-1] + half
        self._figure.write("ground", image=[image], x=[left], y=[0.0], dw=[right - left], dh=[1.0])

    def hold_until_shown(self) -> None:
        """Change nothing until the browser has the figure."""
        self._figure.hold_until_shown()

    def pane(self, **layout: Any) -> pn.pane.Bokeh:
        """Give the figure as a pane."""
        return self._figure.pane(**layout)


def _limits(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return (low, high) if low < high else (low - 1, high + 1)
