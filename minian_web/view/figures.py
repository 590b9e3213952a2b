"""Figures that are drawn by HoloViews once and then written to directly.

Sending an image through a HoloViews pipe costs 57 ms here and a group switch 180-440 ms; writing the Bokeh source of a
figure that is already on the page costs about 0.1 ms. This is the one place that does so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.models.plots import Plot

hv.extension("bokeh")

# Okabe and Ito's colours, which colour-blind eyes tell apart; on light and dark ground alike.
UNIT_COLORS = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#0072B2", "#F0E442", "#999999")


def unit_color(position: int) -> str:
    """Colour of the unit shown at this position of the group, the same in every figure."""
    return UNIT_COLORS[position % len(UNIT_COLORS)]


class Figure:
    """A HoloViews overlay drawn once, whose parts are written to by name.

    Parameters
    ----------
    parts
        HoloViews elements by name, drawn in this order.
    options
        Options of the overlay, as `holoviews.opts` takes them.
    """

    def __init__(self, parts: dict[str, hv.Element], **options: Any) -> None:
        self._handles: dict[str, dict[str, Any]] = {}
        drawn = [part.opts(hooks=[self._keep(name)], clone=True) for name, part in parts.items()]
        overlay = hv.Overlay(drawn).opts(show_legend=False, toolbar="above", **options)
        self._plot = hv.renderer("bokeh").get_plot(overlay)
        self.model: Plot = self._plot.state
        self.model.toolbar.logo = None

    def _keep(self, name: str) -> Callable[[Any, hv.Element], None]:
        def hook(plot: Any, _element: hv.Element) -> None:
            self._handles[name] = plot.handles

        return hook

    def source(self, name: str) -> ColumnDataSource:
        """Data source of a part."""
        return self._handles[name]["cds"] if "cds" in self._handles[name] else self._handles[name]["source"]

    def glyph(self, name: str) -> Any:
        """Glyph of a part, to change its colours or limits."""
        return self._handles[name]["glyph"]

    def renderer(self, name: str) -> Any:
        """Renderer of a part."""
        return self._handles[name]["glyph_renderer"]

    def write(self, name: str, **columns: Any) -> None:
        """Replace columns of a part's source; all columns of the source must be given when their length changes."""
        self.source(name).data = {**self.source(name).data, **columns}

    def on(self, event: type, callback: Callable[[Any], None]) -> None:
        """Call back on a Bokeh event of the figure."""
        self.model.on_event(event, callback)

    def pane(self, **layout: Any) -> pn.pane.Bokeh:
        """Give the figure as a pane."""
        return pn.pane.Bokeh(self.model, **{"sizing_mode": "stretch_both", "margin": 0, **layout})


def field_of_view(
    parts: dict[str, hv.Element], heights: np.ndarray, widths: np.ndarray, tools: Iterable[str], **options: Any
) -> Figure:
    """Figure of a field of view: image orientation, square pixels, axes in pixels.

    Parameters
    ----------
    heights, widths
        Coordinates of the pixels, which the axes show.
    """
    x0, x1, y0, y1 = bounds(heights, widths)
    return Figure(
        parts,
        xlim=(x0, x1),
        ylim=(y0, y1),
        invert_yaxis=True,
        xlabel="width (px)",
        ylabel="height (px)",
        default_tools=[*tools],
        responsive=True,
        show_grid=False,
        **options,
    )


def bounds(heights: np.ndarray, widths: np.ndarray) -> tuple[float, float, float, float]:
    """Outer edges of the pixels: left, right, top, bottom in the axes' coordinates."""
    (left, right), (top, bottom) = (_edges(values) for values in (widths, heights))
    return left, right, top, bottom


def _edges(values: np.ndarray) -> tuple[float, float]:
    step = (values[-1] - values[0]) / (values.size - 1) if values.size > 1 else 1.0
    return float(values[0] - step / 2), float(values[-1] + step / 2)
