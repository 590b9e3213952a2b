"""What lies under the frame: statistics of all frames and the motion, built when the first frame is on the screen."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn

from minian_web import assets
from minian_web.state.movie import MovieState
from minian_web.view.motion import HEIGHT, MotionFigure
from minian_web.view.player import FramePlayer
from minian_web.view.summary import LABELS, SummaryFigure

SUMMARY_HEIGHT = 178  # pixels
_CSS = f"{assets.text('pane.css')}\n:host {{ font-size: 13px; color: var(--mw-quiet); }}"


class Timelines:
    """Curves of a `MovieState` over its frames, with the values of the frame on the screen in words.

    Figures cost a quarter of a second each until they are painted, so they are not part of the page at first.

    Parameters
    ----------
    seek
        Called with a position when somebody clicks.
    datashading
        Whether curves are drawn as pixels, or as plain lines.
    """

    def __init__(
        self, state: MovieState, player: FramePlayer, seek: Callable[[int], None], *, datashading: bool
    ) -> None:
        self._state, self._player, self._seek, self._datashading = state, player, seek, datashading
        self._summary: SummaryFigure | None = None
        self._motion: MotionFigure | None = None
        self.begun = self._shown = False
        row: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
        self._curves = pn.Row(height=SUMMARY_HEIGHT, visible=bool(state.shows), **row)
        self._shifts = pn.Row(height=HEIGHT, visible=False, **row)
        self._values = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(0, 12, 4, 12), height=18
        )
        self.parts = [self._curves, self._shifts, self._values]
        state.param.watch(lambda *_: self._show_summary(), ["summary", "shows"])
        state.param.watch(lambda *_: self._show_values(), ["summary", "position", "summary_error", "shows"])
        state.looking.param.watch(lambda *_: self._show_motion(), ["motion", "motions"])

    def begin(self) -> None:
        """Build what waited for the first frame."""
        self.begun = True
        if self._summary is None and self._state.shows and self._state.shown is not None:
            self._summary = SummaryFigure(self._seek, datashading=self._datashading)
            self._set_axis()
            self._summary.show(self._state.summary, self._state.shows)
            self._summary.hold_until_shown(self._summary_shown)
            self._curves.objects = [self._summary.pane()]
            self._set_cursors()

    def _summary_shown(self) -> None:
        """The browser has the statistics: the motion may share their axis now."""
        self._shown = True
        self._show_motion()

    def show_movie(self) -> None:
        """Take the frames of the movie that is shown now."""
        self._set_axis()
        self._show_values()

    def _set_axis(self) -> None:
        shown = self._state.shown
        if shown is None:
            return
        self._player.cursor_scale = 1 / shown.frame_rate if shown.frame_rate else 1.0
        if self._summary is not None:
            self._summary.set_frames(shown.movie.frames, shown.frame_rate)

    def _set_cursors(self) -> None:
        self._player.set_cursors(*(one.cursor for one in (self._summary, self._motion) if one is not None))

    def _show_summary(self) -> None:
        state = self._state
        self._curves.visible = self._values.visible = bool(state.shows)
        if self.begun:
            self.begin()
            if state.shows and state.summary is None:
                state.summarise()
        if self._summary is not None:
            self._summary.show(state.summary, state.shows)

    def _show_motion(self) -> None:
        looking = self._state.looking
        visible = looking.motion is not None and looking.motions and self._shown
        if visible and self._summary is not None:
            first = self._motion is None
            self._motion = self._motion or MotionFigure(self._summary.model)
            self._motion.show(looking.motion, self._player.cursor_scale)
            if first:
                self._motion.hold_until_shown()
                self._shifts.objects = [self._motion.pane()]
                self._set_cursors()
        self._shifts.visible = visible

    def _show_values(self) -> None:
        state = self._state
        if state.summary_error:
            self._values.object = html.escape(state.summary_error)
            return
        if state.shown is None or state.summary is None or state.position >= state.summary.mean.size:
            self._values.object = "Statistics of all frames follow." if state.shown and not state.stopped else ""
            return
        values = {name: float(state.summary.of(name)[state.position]) for name in state.shows}
        known = ", ".join(f"{LABELS[name]} {value:.4g}" for name, value in values.items() if np.isfinite(value))
        frame = state.shown.movie.frames[state.position]
        self._values.object = html.escape(f"Frame {frame}: {known}" if known else f"Frame {frame}: not computed yet")
