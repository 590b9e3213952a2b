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
from bokeh.core.properties import field
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import ColumnDataSource, GlyphRenderer, Plot

hv.extension("bokeh")

# Told apart by colour-blind eyes on light and dark ground, and none of them the colour of a status.
UNIT_COLORS = ("#E69F00", "#56B4E9", "#CC79A7", "#A39300", "#8C6BB1", "#00A6A6", "#A6761D", "#999999")


def unit_color(position: int) -> str:
    """Colour of the unit shown at this position of the group, the same in every figure."""
    return UNIT_COLORS[position % len(UNIT_COLORS)]


class Figure:
    """A HoloViews element drawn once, with Bokeh glyphs over it, whose parts are written to by name.

    Parameters
    ----------
    ground
        HoloViews element that makes the figure, its axes and its first part, named `ground`.
    options
        Options of the element, as `holoviews.opts` takes them.
    """

    def __init__(self, ground: hv.Element, **options: Any) -> None:
        plot = hv.renderer("bokeh").get_plot(ground.opts(toolbar="above", clone=True, **options))
        self.model: Any = plot.state
        self.model.toolbar.logo = None
        self._plot = plot
        self._renderers: dict[str, GlyphRenderer] = {"ground": plot.handles["glyph_renderer"]}
        self._held: list[Callable[[], Any]] | None = None

    def add(self, name: str, kind: str, columns: dict[str, Any], **style: Any) -> None:
        """Draw one more part: `kind` is a glyph method of a Bokeh figure, as `line`, `multi_line`, `text`.

        Parameters
        ----------
        columns
            Columns of the part's source; each is also the glyph's property of this name.
        """
        fields = {column: field(column) for column in columns}
        draw = getattr(self.model, kind)
        self._renderers[name] = draw(source=ColumnDataSource(columns), name=name, **fields, **style)

    def renderer(self, name: str) -> GlyphRenderer:
        """Part of the figure by its name."""
        return self._renderers[name]

    def change(self, apply: Callable[[], Any]) -> None:
        """Change models of the figure; once it is on a page, under the lock of the page's document.

        Panel calls back without that lock, and Bokeh refuses changes without it.
        """
        if self._held is not None:
            self._held.append(apply)
            return
        document = self.model.document
        if document is None or document.session_context is None:
            apply()
        else:
            document.add_next_tick_callback(apply)

    def hold_until_shown(self, then: Callable[[], Any] = lambda: None) -> None:
        """Keep changes back until the browser has the figure; for one that joins a page which is already there.

        Panel sends new components by another way than Bokeh sends changes, and a change that overtakes the figure
        speaks of models that the browser does not know.
        """
        self._held = []

        def shown(_name: str, _old: Any, _new: Any) -> None:
            held, self._held = self._held, None
            for apply in held or ():
                apply()
            if held is not None:
                then()

        self.model.on_change("inner_width", shown)

    def write(self, name: str, **columns: Any) -> None:
        """Replace columns of a part; all of them must be given when their length changes."""
        source = self._renderers[name].data_source
        self.change(lambda: source.update(data={**source.data, **columns}))

    def share_ranges(self, other: Figure) -> None:
        """Zoom and pan together with another figure."""
        self.model.update(x_range=other.model.x_range, y_range=other.model.y_range)

    def hide(self, name: str, *, hidden: bool = True) -> None:
        """Draw a part no more, or again."""
        self.change(lambda: self._renderers[name].update(visible=not hidden))

    def on(self, event: type, callback: Callable[[Any], None]) -> None:
        """Call back on a Bokeh event of the figure."""
        self.model.on_event(event, callback)

    def pane(self, **layout: Any) -> pn.pane.Bokeh:
        """Give the figure as a pane."""
        return pn.pane.Bokeh(self.model, **{"sizing_mode": "stretch_both", "margin": 0, **layout})


def pixels(model: Plot, side: str, fallback: int) -> int:
    """Size of a plot on the screen, `inner_width` or `inner_height`; the fallback until the browser has told it."""
    try:
        size = int(getattr(model, side) or fallback)
    except UnsetValueError:
        size = fallback
    return min(max(size, 16), 4096)


def field_of_view(heights: np.ndarray, widths: np.ndarray, tools: Iterable[str], **options: Any) -> Figure:
    """Figure of a field of view: image orientation, square pixels, axes in pixels.

    Parameters
    ----------
    heights, widths
        Coordinates of the pixels, which the axes show.
    """
    x0, x1, y0, y1 = bounds(heights, widths)
    image = hv.Image((widths, heights, np.zeros((heights.size, widths.size), np.uint8)), ["x", "y"])
    return Figure(
        image.opts(cmap="gray", clim=(0, 255)),
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
