"""Statistics of all frames, a row each, datashaded for the visible range; a click goes to that frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.events import RangesUpdate, Tap
from bokeh.models import FixedTicker, Span

from minian_web.model.frame_statistics import NAMES, FrameStatistics
from minian_web.view.figures import Figure, pixels
from minian_web.view.shading import coloured, curve

COLORS = {"mean": "#0072B2", "max": "#E69F00", "min": "#56B4E9", "diff": "#CC79A7"}
LABELS = {"mean": "mean", "max": "max", "min": "min", "diff": "change"}
CURSOR_COLOR = "#E5484D"
BORDER = 84  # pixels left of the axes, so that figures under each other agree
_FILL = 0.86  # part of its row that a curve takes
_HEIGHT, _WIDTH = 170, 900  # pixels until the browser has told


class SummaryFigure:
    """Mean, maximum, minimum of each frame and its difference from the one before.

    Parameters
    ----------
    seek
        Called with a position when somebody clicks.
    datashading
        Whether curves are drawn as pixels; otherwise as plain lines of all points.
    """

    def __init__(self, seek: Callable[[int], None], *, datashading: bool = True) -> None:
        self._datashading = datashading
        self._x = np.zeros(0)
        self._summary: FrameStatistics | None = None
        self._shows: list[str] = list(NAMES)
        self._figure = Figure(
            hv.RGB(np.zeros((2, 2, 4), np.uint8), bounds=(0, 0, 1, 1)),
            xlim=(0, 1),
            ylim=(0, 1),
            xlabel="frame",
            ylabel="intensity (a.u.)",
            responsive=True,
            default_tools=["xpan", "xwheel_zoom", "xbox_zoom", "reset"],
            active_tools=["xwheel_zoom"],
            show_grid=False,
            padding=0,
        )
        self._figure.add(
            "ranges",
            "text",
            {"x": [], "y": [], "text": [], "text_color": []},
            text_font_size="11px",
            text_baseline="top",
            x_offset=6,
            background_fill_color="white",
            background_fill_alpha=0.0,
        )
        for name in NAMES:
            self._figure.add(name, "line", {"x": np.zeros(0), "y": np.zeros(0)}, line_color=COLORS[name])
        self.cursor = Span(location=0, dimension="height", line_color=CURSOR_COLOR, line_width=1.5)
        self._dress(seek)

    def _dress(self, seek: Callable[[int], None]) -> None:
        model = self._figure.model
        model.add_layout(self.cursor)
        model.toolbar_location = "right"
        model.min_border_left, model.lod_threshold = BORDER, None
        self._name_rows()
        self._figure.on(RangesUpdate, lambda _event: self.draw())
        self._figure.on(Tap, lambda event: seek(self._position(event.x)) if self._x.size else None)
        model.on_change("inner_width", lambda _name, _old, _new: self.draw())
        model.on_change("inner_height", lambda _name, _old, _new: self.draw())

    def _name_rows(self) -> None:
        axis, places = self._figure.model.yaxis[0], _places(self._shows)
        axis.update(
            ticker=FixedTicker(ticks=list(places.values())),
            major_label_overrides={places[name]: LABELS[name] for name in self._shows},
        )

    def _position(self, x: float) -> int:
        return int(np.abs(self._x - x).argmin())

    def set_frames(self, frames: np.ndarray, frame_rate: float | None) -> float:
        """Set the axis: `(frame,)` coordinates, as seconds when the frame rate is known; gives seconds a frame."""
        scale = 1 / frame_rate if frame_rate else 1.0
        self._x, self._summary = frames.astype(np.float64) * scale, None
        first, last = (float(self._x[0]), float(self._x[-1])) if self._x.size else (0.0, 1.0)
        last = max(last, first + scale)
        title = "time (s)" if frame_rate else "frame"
        self._figure.change(lambda: self._set_axis(first, last, title))
        return scale

    def _set_axis(self, first: float, last: float, title: str) -> None:
        model = self._figure.model
        model.x_range.update(start=first, end=last, reset_start=first, reset_end=last, bounds=(first, last))
        model.xaxis[0].axis_label = title
        self.cursor.location = first
        self.draw()

    def show(self, summary: FrameStatistics | None, shows: Sequence[str] = NAMES) -> None:
        """Show these statistics, as far as they are computed."""
        self._summary = summary
        if list(shows) != self._shows:
            self._shows = list(shows)
            self._figure.change(self._name_rows)
        self.draw()

    def draw(self) -> None:
        """Draw what is visible at the present size."""
        model = self._figure.model
        start, stop = float(model.x_range.start), float(model.x_range.end)
        stop = max(stop, start + 1e-6)
        shape = pixels(model, "inner_height", _HEIGHT), pixels(model, "inner_width", _WIDTH)
        image, ranges = raster(self._x, self._summary, (start, stop), shape, self._shows)
        if not self._datashading:
            image = np.zeros_like(image)
        self._figure.write("ground", image=[image], x=[start], y=[0.0], dw=[stop - start], dh=[1.0])
        self._label(start, ranges)
        if not self._datashading:
            self._draw_lines(ranges)

    def _draw_lines(self, ranges: dict[str, tuple[float, float]]) -> None:
        """Draw plain curves, each in its row."""
        places, tall = _places(self._shows), _FILL / max(1, len(self._shows))
        for name in NAMES:
            x, y = np.zeros(0), np.zeros(0)
            if name in ranges and self._summary is not None:
                low, high = ranges[name]
                x, y = (
                    self._x,
                    (self._summary.of(name) - (low + high) / 2) / ((high - low) or 1.0) * tall + places[name],
                )
            self._figure.write(name, x=x, y=y)

    def _label(self, start: float, ranges: dict[str, tuple[float, float]]) -> None:
        half = 0.5 / max(1, len(self._shows))
        places = _places(self._shows)
        self._figure.write(
            "ranges",
            x=[start] * len(ranges),
            y=[places[name] + half for name in ranges],
            text=[f"{low:.4g} – {high:.4g}" if low < high else f"{low:.4g}" for low, high in ranges.values()],
            text_color=[COLORS[name] for name in ranges],
        )

    def hold_until_shown(self, then: Callable[[], Any]) -> None:
        """Change nothing until the browser has the figure; then call back."""
        self._figure.hold_until_shown(then)

    @property
    def model(self) -> Any:
        """The Bokeh figure."""
        return self._figure.model

    def pane(self, **layout: Any) -> pn.pane.Bokeh:
        """Give the figure as a pane."""
        return self._figure.pane(**layout)


def raster(
    x: np.ndarray,
    summary: FrameStatistics | None,
    x_range: tuple[float, float],
    shape: tuple[int, int],
    shows: Sequence[str] = NAMES,
) -> tuple[np.ndarray, dict[str, tuple[float, float]]]:
    """Draw each statistic in a row of its own with a scale of its own, the mean at the top.

    Returns
    -------
    image
        `shape` uint32, RGBA, row 0 at the bottom as Bokeh wants it.
    ranges
        Smallest and largest value that is visible, of each statistic that has any.
    """
    image = np.zeros(shape, np.uint32)
    ranges: dict[str, tuple[float, float]] = {}
    if summary is None or not shows:
        return image, ranges
    edges = np.linspace(shape[0], 0, len(shows) + 1).astype(int)
    visible = slice(*np.searchsorted(x, [x_range[0], np.nextafter(x_range[1], np.inf)]))
    for number, name in enumerate(shows):
        values = summary.of(name)
        seen = values[visible][np.isfinite(values[visible])]
        if not seen.size:
            continue
        low, high = ranges[name] = float(seen.min()), float(seen.max())
        margin = ((high - low) or 1.0) * (1 / _FILL - 1) / 2
        band = image[edges[number + 1] : edges[number]]
        cover = curve(x, values, x_range, (low - margin, high + margin), band.shape)
        band[:] = coloured(cover, COLORS[name])
    return image, ranges


def _places(shows: Sequence[str]) -> dict[str, float]:
    """Middle of each row on the y axis, which runs from 0 to 1."""
    return {name: 1 - (number + 0.5) / len(shows) for number, name in enumerate(shows)}
