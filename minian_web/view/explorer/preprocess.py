"""A frame before and after preprocessing; the figures stay and are written to, so that they follow a slider."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.events import Tap
from bokeh.models import Span

from minian_web.model.pipeline.contours import contour_image
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.state.explorer_step import StepState
from minian_web.view.explorer.cards import MOST, head_html, html_pane, names_that_differ, pane, wrapped
from minian_web.view.explorer.results import EMPTY
from minian_web.view.figures import Figure, bounds
from minian_web.view.plots.curves import distinct_colors

WIDTH = 218  # of an image on the screen: two pairs beside the form on a small screen
LEVELS = 10


class Pair:
    """An image and its contours."""

    def __init__(self, place: tuple[np.ndarray, np.ndarray], first: Pair | None) -> None:
        heights, widths = place
        high = round(WIDTH * heights.size / widths.size)
        left, right, top, bottom = bounds(heights, widths)
        self._box = {"x": [left], "y": [top], "dw": [right - left], "dh": [bottom - top]}
        self.image, self.contours = (_plane(heights, widths, high, cmap) for cmap in ("gray", _lines()))
        for figure in (self.image, self.contours):
            figure.share_ranges(self.image if first is None else first.image)
        self.head = html_pane("")

    def show(self, values: np.ndarray, limits: tuple[float, float], text: str) -> None:
        """Write an image, its colours between two values, and what is said above it."""
        self.image.write("ground", image=[eight_bit(values, limits)], **self._box)
        lines = contour_image(values, LEVELS)
        low, high = float(values.min()), float(values.max())
        scaled = 1 + np.nan_to_num((lines - low) / max(high - low, 1e-12)) * 254
        self.contours.write("ground", image=[np.where(np.isfinite(lines), scaled, 0).astype(np.uint8)], **self._box)
        self.head.object = text

    def pane(self) -> pn.Column:
        """Give both, below what is said."""
        row = pn.Row(pane(self.image.model), pane(self.contours.model), margin=0)
        return pn.Column(self.head, row, margin=(0, 12, 8, 4), width=2 * WIDTH + 20)


def _plane(heights: np.ndarray, widths: np.ndarray, high: int, cmap: Any) -> Figure:
    left, right, top, bottom = bounds(heights, widths)
    image = hv.Image((widths, heights, np.zeros((heights.size, widths.size), np.uint8)), ["x", "y"])
    figure = Figure(
        image.opts(cmap=cmap, clim=(0, 255)),
        xlim=(left, right),
        ylim=(top, bottom),
        invert_yaxis=True,
        xaxis=None,
        yaxis=None,
        frame_width=WIDTH,
        frame_height=high,
        default_tools=["pan", "wheel_zoom", "reset"],
        active_tools=["wheel_zoom"],
    )
    figure.model.update(toolbar_location=None, min_border=0)
    return figure


def _lines() -> list[str]:
    """Colours of contours; nothing where there is none."""
    return ["#00000000", *hv.plotting.util.process_cmap("viridis", 255)]


def pooled(levels: np.ndarray) -> np.ndarray:
    """Largest level of each square of pixels, so that thin lines survive being drawn small."""
    side = max(round(levels.shape[1] / (1.5 * WIDTH)), 1)
    rows, columns = (-size % side for size in levels.shape)
    whole = np.pad(levels, ((0, rows), (0, columns)))
    return whole.reshape(whole.shape[0] // side, side, whole.shape[1] // side, side).max(axis=(1, 3))


def eight_bit(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Levels 0..255 of values between two limits."""
    low, high = limits
    scaled = (np.asarray(values, np.float32) - low) * (255 / max(high - low, 1e-12))
    return np.clip(scaled, 0, 255).astype(np.uint8)


class PreprocessResults:
    """The frame as it is, and after each combination."""

    def __init__(self, state: StepState) -> None:
        self.state = state
        self._pairs: list[Pair] = []
        self._shape: tuple[Any, ...] = ()
        self._row = 0
        self._seen: list[Outcome] | None = None
        self._profile: Figure | None = None
        self._mark = Span(location=0, dimension="width", line_color="#e5484d", line_width=1)
        self._empty = html_pane(f'<div class="empty">{EMPTY}</div>')
        self._errors = html_pane("", visible=False)
        self._cards = wrapped()
        state.param.watch(lambda _event: self.show(), ["outcomes", "running"])
        self.show()

    def pane(self) -> pn.Column:
        """Everything, to be put on the page."""
        return pn.Column(
            self._empty,
            self._errors,
            self._cards,
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
            styles={"min-width": "0"},
        )

    def show(self) -> None:
        """Write the results into the figures that are there, or into new ones when they do not fit."""
        if self.state.running and self.state.outcomes and len(self.state.outcomes) < len(self._pairs) - 1:
            return  # a run under way replaces what is seen once it has as much to show
        if self.state.outcomes is self._seen:
            return
        self._seen = self.state.outcomes
        good = [(n, one) for n, one in enumerate(self.state.outcomes) if "after" in one.arrays][:MOST]
        self._show_errors()
        self._empty.visible = not self.state.outcomes
        if not good:
            self._cards.visible = False
            return
        new = self._fit(good[0][1], len(good))
        before = np.asarray(good[0][1].arrays["before"])
        limits = float(before.min()), float(before.max())
        self._pairs[0].show(before, limits, '<div class="card"><div class="what">original</div></div>')
        names = names_that_differ(self.state.outcomes)
        for pair, (number, one) in zip(self._pairs[1:], good, strict=True):
            after = np.asarray(one.arrays["after"])
            pair.show(after, (float(after.min()), float(after.max())), head_html(self.state, number, names))
        self._draw_profile([one for _, one in good])
        if new is not None:  # a message that writes to a figure may overtake the one that brings it
            self._cards.objects = new
        self._cards.visible = True

    def _show_errors(self) -> None:
        wrong = [number for number, one in enumerate(self.state.outcomes) if one.error]
        names = names_that_differ(self.state.outcomes)
        self._errors.object = "".join(head_html(self.state, number, names) for number in wrong)
        self._errors.visible = bool(wrong)

    def _fit(self, one: Outcome, count: int) -> list[Any] | None:
        """Make figures that fit, and give what is to be put on the page; None when those that are there fit."""
        plane = one.arrays["before"]
        place = np.asarray(plane["height"], np.float64), np.asarray(plane["width"], np.float64)
        shape = (place[0].tolist(), place[1].tolist())
        if shape == self._shape and len(self._pairs) == count + 1:
            return None
        self._pairs = []
        for _ in range(count + 1):
            self._pairs.append(Pair(place, self._pairs[0] if self._pairs else None))
        self._shape, self._row = shape, place[0].size // 2
        self._pairs[0].image.model.add_layout(self._mark)
        self._pairs[0].image.on(Tap, lambda event: self._choose_row(event.y))
        self._profile = _profile_figure(place[1])
        profile = pn.Column(html_pane(_ABOUT_PROFILE), pane(self._profile.model), margin=(0, 12, 8, 8))
        return [*(pair.pane() for pair in self._pairs), profile]

    def _choose_row(self, height: float) -> None:
        heights = np.asarray(self._shape[0])
        self._row = int(np.abs(heights - height).argmin())
        self._draw_profile([one for one in self.state.outcomes if "after" in one.arrays][: len(self._pairs) - 1])

    def _draw_profile(self, outcomes: list[Outcome]) -> None:
        if self._profile is None or not outcomes:
            return
        lines = [np.asarray(outcomes[0].arrays["before"])[self._row]]
        lines += [np.asarray(one.arrays["after"])[self._row] for one in outcomes]
        widths = np.asarray(self._shape[1])
        values = np.concatenate([line.astype(np.float64) for line in lines])
        low, high = float(values.min()), float(values.max())
        profile = self._profile
        colors = ["#8a97a3", *distinct_colors(len(outcomes))]
        profile.write(
            "lines", xs=[widths] * len(lines), ys=[line.astype(np.float32) for line in lines], line_color=colors
        )

        def place() -> None:
            profile.model.y_range.update(start=low - 0.05 * (high - low), end=high + 0.05 * (high - low) + 1e-9)
            self._mark.location = float(self._shape[0][self._row])

        profile.change(place)


_ABOUT_PROFILE = (
    '<div class="card"><div class="what">Profile along the red line</div><div class="facts">grey: original, '
    "colours: results in their order. Click the original to move the line.</div></div>"
)


def _profile_figure(widths: np.ndarray) -> Figure:
    ground = hv.Curve((widths[:1], [0.0]), "width (px)", "intensity")
    figure = Figure(
        ground,
        width=2 * WIDTH + 16,
        height=210,
        xlim=(float(widths[0]), float(widths[-1])),
        ylim=(0, 1),
        default_tools=["xpan", "xwheel_zoom", "reset"],
    )
    figure.model.toolbar_location = None
    figure.add("lines", "multi_line", {"xs": [], "ys": [], "line_color": []}, line_width=1.2)
    return figure
