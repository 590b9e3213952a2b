"""All units over all time as one image, in the order of the table; a click goes to unit and frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import holoviews as hv
import numpy as np
from bokeh.events import Tap
from bokeh.models import Span

from minian_web.state.companions import Companions
from minian_web.view.figures import Figure
from minian_web.view.traces import CURSOR_COLOR

__all__ = ["RasterPanel"]

CURRENT_COLOR = "#F0E442"


class RasterPanel:
    """A figure that is drawn when it is seen; rows are positions in the order, whatever the ids are."""

    def __init__(self, companions: Companions, frames: np.ndarray, seek: Callable[[float], None]) -> None:
        self._companions, self._seek, self._seen = companions, seek, False
        first, last = (float(frames[0]), float(frames[-1])) if frames.size else (0.0, 1.0)
        self._extent = first, max(last, first + 1)
        image = hv.Image((np.linspace(*self._extent, 2), [0.0, 1.0], np.zeros((2, 2), np.uint8)), ["x", "y"])
        self.figure = Figure(
            image.opts(cmap="viridis", clim=(0, 255)),
            xlabel="frame",
            ylabel="unit, in the order of the table",
            responsive=True,
            default_tools=["xpan", "wheel_zoom", "box_zoom", "reset"],
            active_tools=["wheel_zoom"],
            show_grid=False,
            padding=0,
            yaxis="bare",
            xlim=self._extent,
            ylim=(1, 0),
        )
        self.cursor = Span(location=first, dimension="height", line_color=CURSOR_COLOR, line_width=1.5)
        self._row = Span(location=-1, dimension="width", line_color=CURRENT_COLOR, line_width=1.5, line_alpha=0.8)
        for span in (self.cursor, self._row):
            self.figure.model.add_layout(span)
        self.figure.on(Tap, lambda event: self._tapped(event.x, event.y))
        companions.param.watch(lambda *_: self._draw(), "raster")
        companions.table.param.watch(lambda *_: self._draw(), "units")
        companions.review.param.watch(lambda *_: self._mark(), "walk")

    def show(self, *, seen: bool) -> None:
        """Say whether the reviewer sees it."""
        self._seen = seen
        if seen:
            self._companions.read_raster()
            self._draw()

    @property
    def _units(self) -> tuple[int, ...]:
        return self._companions.table.units

    def _tapped(self, frame: float, row: float) -> None:
        if 0 <= row < len(self._units):
            self._companions.review.go("to_unit", int(self._units[int(row)]))
            self._seek(frame)

    def _draw(self) -> None:
        raster, footprints = self._companions.raster, self._companions.review.footprints
        if not self._seen or raster is None or footprints is None or not self._units:
            return
        image = raster[[footprints.position(unit) for unit in self._units]]
        start, stop = self._extent
        model, count = self.figure.model, len(image)
        self.figure.write("ground", image=[image], x=[start], y=[0.0], dw=[stop - start], dh=[float(count)])
        self.figure.change(lambda: model.y_range.update(start=count, end=0, reset_start=count, reset_end=0))
        self._mark()

    def _mark(self) -> None:
        current: Any = self._companions.review.walk.current
        if self._seen:
            place = self._units.index(current) + 0.5 if current in self._units else -1.0
            self.figure.change(lambda: self._row.update(location=place))
