"""Traces, one row a unit, datashaded for the visible range and the size on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.events import RangesUpdate, Tap
from bokeh.models import FixedTicker, Span

from minian_web.state.traces import UnitTraces
from minian_web.view.figures import Figure, pixels, unit_color
from minian_web.view.shading import coloured, curve

SPIKE_COLOR = "#9AA0A6"
RAW_COLOR = "#7C93A8"
MERGED_COLOR = "#0072b2"  # of the status "merged"
ROW_FILL = 0.88
LABELS = 88  # pixels for the names of units, so that longer ones do not move the figure
HIDES = 48  # alpha above which a line hides the one below it
CURSOR_COLOR = "#E5484D"


@dataclass(frozen=True)
class Window:
    """What is visible: a range of frames, and the size of the plot in pixels."""

    start: float
    stop: float
    width: int
    height: int


def raster(
    rows: Sequence[UnitTraces],
    frames: np.ndarray,
    window: Window,
    *,
    c: bool,
    s: bool,
    normalise: bool,
    yra: bool = False,
) -> np.ndarray:
    """Draw the traces of each unit in a row of its own, the first at the top.

    Parameters
    ----------
    rows
        Traces of the shown units.
    frames
        `(frame,)` increasing frame coordinate.
    window
        What is visible.
    c, s, yra
        Whether calcium traces, spikes and raw traces are drawn. The raw trace has the scale of the calcium trace.
    normalise
        True to scale each trace to its own range, False for one scale for all.

    Returns
    -------
    numpy.ndarray
        `(height, width)` uint32, RGBA, row 0 at the bottom as Bokeh wants it.
    """
    image = np.zeros((window.height, window.width), np.uint32)
    if not rows or not frames.size:
        return image
    common = None if normalise else _span([t for row in rows for t in _drawn(row, c, s, yra)])
    edges = np.linspace(window.height, 0, len(rows) + 1).astype(int)
    for position, row in enumerate(rows):
        band = image[edges[position + 1] : edges[position]]
        raw = [trace for trace in _drawn(row, c, False, yra) if trace is not None]
        span = common or (_span(raw) if raw else None)
        if yra and row.yra is not None:
            _draw(band, row.yra, frames, window, span, RAW_COLOR)
        if s and row.s is not None:
            _draw(band, row.s, frames, window, common, SPIKE_COLOR)
        if c and row.c is not None:
            _draw(band, row.c, frames, window, span, MERGED_COLOR if row.name else unit_color(position))
    return image


def _drawn(row: UnitTraces, c: bool, s: bool, yra: bool) -> list[np.ndarray]:
    return [trace for trace, wanted in ((row.c, c), (row.s, s), (row.yra, yra)) if wanted and trace is not None]


def _span(traces: Sequence[np.ndarray]) -> tuple[float, float]:
    """Range of the finite values with zero in it, never empty."""
    finite = [trace[np.isfinite(trace)] for trace in traces]
    low = min((float(values.min()) for values in finite if values.size), default=0.0)
    high = max((float(values.max()) for values in finite if values.size), default=0.0)
    low = min(low, 0.0)
    return low, high if high > low else low + 1.0


def _draw(
    band: np.ndarray,
    trace: np.ndarray,
    frames: np.ndarray,
    window: Window,
    span: tuple[float, float] | None,
    color: str,
) -> None:
    low, high = _span([trace]) if span is None else span
    top = low + (high - low) / ROW_FILL
    drawn = coloured(curve(frames, trace, (window.start, window.stop), (low, top), band.shape), color)
    alpha = drawn >> 24
    np.copyto(band, drawn, where=(alpha > HIDES) | ((band == 0) & (alpha > 0)))


class TraceFigure:
    """The traces of the shown units with a cursor at the current frame.

    Parameters
    ----------
    frames
        `(frame,)` frame coordinate of the dataset.
    seek
        Called with a frame coordinate when the reviewer clicks into the traces.
    """

    def __init__(self, frames: np.ndarray, seek: Callable[[float], None]) -> None:
        self._frames = frames
        self._rows: Sequence[UnitTraces] = ()
        self._how: dict[str, Any] = {"c": True, "s": True, "normalise": True}
        last = float(frames[-1]) if frames.size else 1.0
        first = float(frames[0]) if frames.size else 0.0
        self._figure = Figure(
            hv.RGB(np.zeros((2, 2, 4), np.uint8), bounds=(first, 0, last, 1)),
            xlim=(first, max(last, first + 1)),
            ylim=(0, 1),
            xlabel="frame",
            ylabel="unit_id",
            responsive=True,
            default_tools=["xpan", "xwheel_zoom", "xbox_zoom", "reset"],
            active_tools=["xwheel_zoom"],
            show_grid=False,
            padding=0,
        )
        self._ticker = FixedTicker(ticks=[])
        self.cursor = Span(location=first, dimension="height", line_color=CURSOR_COLOR, line_width=1.5)
        self._dress(seek, first, last)

    def _dress(self, seek: Callable[[float], None], first: float, last: float) -> None:
        model = self._figure.model
        model.add_layout(self.cursor)
        model.yaxis[0].ticker = self._ticker  # one for good: a new one would have the whole document walked
        model.x_range.bounds = (first, max(last, first + 1))
        model.min_border_left, model.lod_threshold = LABELS, None
        self._figure.on(RangesUpdate, lambda _event: self.draw())
        self._figure.on(Tap, lambda event: seek(event.x))
        model.on_change("inner_width", self._resized)
        model.on_change("inner_height", self._resized)

    def _resized(self, _name: str, _old: Any, _new: Any) -> None:
        self.draw()

    def show(self, rows: Sequence[UnitTraces], **how: bool) -> None:
        """Show these units; `c`, `s`, `yra`, `normalise` as in `raster`."""
        self._rows, self._how = rows, {**self._how, **how}
        count = max(len(rows), 1)
        places = [(count - position - 0.5) / count for position in range(len(rows))]
        names = {place: row.text for place, row in zip(places, rows, strict=True)}
        label = "unit_id" if self._how["normalise"] else "unit_id (rows share one scale)"
        axis = self._figure.model.yaxis[0]

        def name_rows() -> None:
            axis.update(major_label_overrides=names, axis_label=label)
            self._ticker.ticks = places

        self._figure.change(name_rows)
        self.draw()

    def draw(self) -> None:
        """Draw what is visible at the present size."""
        model = self._figure.model
        start, stop = float(model.x_range.start), float(model.x_range.end)
        stop = max(stop, start + 1e-6)
        window = Window(start, stop, pixels(model, "inner_width", 900), pixels(model, "inner_height", 200))
        image = raster(self._rows, self._frames, window, **self._how)
        self._figure.write("ground", image=[image], x=[start], y=[0.0], dw=[stop - start], dh=[1.0])

    def pane(self, **layout: Any) -> pn.pane.Bokeh:
        """Give the figure as a pane."""
        return self._figure.pane(**layout)
