"""The figures of CNMF Review for one dataset: map, activity, movie, traces, on one clock."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import panel as pn

from minian_web.model.footprints import summed
from minian_web.model.transients import transients
from minian_web.state.merge_queue import preview
from minian_web.state.review import ReviewState
from minian_web.state.review_data import Opened
from minian_web.state.traces import UnitTraces
from minian_web.view.field import Field, FootprintMap
from minian_web.view.figures import bounds
from minian_web.view.player import Fallback, FramePlayer, panel
from minian_web.view.raster_panel import RasterPanel
from minian_web.view.square import SquarePixels
from minian_web.view.traces import TraceFigure

ACTIVITY = "Activity A·C of the shown units"
NO_TRANSIENTS = "The current unit has no transients."
BEFORE, AFTER = 10, 40  # frames around a transient that are played
STRETCH = {"sizing_mode": "stretch_both", "margin": 0}


class ReviewDesk(pn.viewable.Viewer):
    """What is drawn of an opened dataset; follows the state.

    Parameters
    ----------
    state
        With a dataset opened.
    traces
        Options of the traces, bound to switches: `show_c`, `show_s`, `show_yra`, `normalise`, `use_ac`.
    """

    def __init__(self, state: ReviewState, opened: Opened, traces: Any, answer: Fallback | None = None) -> None:
        super().__init__()
        self._state, self._opened, self._options = state, opened, traces
        dataset = opened.dataset
        axes = dataset.heights, dataset.widths
        self._map = FootprintMap(*axes, pick=state.pick, pick_box=state.pick_box)
        self._map.show_projection(opened.projection)
        self._activity = Field(*axes, title=ACTIVITY)
        self._movie = Field(*axes, title="Movie")
        self._traces = TraceFigure(dataset.frames, self._seek)
        self._edges = bounds(*axes)
        self._zoomed: int | None = None
        for field in (self._activity, self._movie):
            field.figure.share_ranges(self._map.figure)
        self.raster = RasterPanel(state.companions, dataset.frames, self._seek)
        self.player = FramePlayer(
            position=state.position, cursors=[self._traces.cursor, self.raster.cursor], answer=answer
        )
        if not state.served:
            self.player.url = ""
        self.player.set_frames(dataset.frames)
        self._show_frames()
        self._follow()

    def _follow(self) -> None:
        state, options = self._state, self._options
        state.param.watch(lambda *_: self._show_footprints(), "footprints")
        state.param.watch(lambda *_: self._show_outlines(), "outlines")
        state.param.watch(lambda *_: self._show_decisions(), "decisions")
        state.param.watch(lambda *_: self._show_walk(), "walk")
        state.param.watch(lambda *_: self._show_traces(), "traces")
        state.param.watch(lambda *_: self._show_frames(), ["movie", "limits"])
        options.param.watch(lambda *_: self._show_traces(), ["show_c", "show_s", "show_yra", "normalise"])
        options.param.watch(lambda *_: self._show_walk(), "use_ac")
        state.companions.queue.param.watch(lambda *_: self._show_traces(), "current")
        self.player.param.watch(lambda event: state.show_frame(event.new), "position")

    def _show_footprints(self) -> None:
        if self._state.footprints is not None:
            self._map.show_footprints(self._state.footprints)

    def _show_outlines(self) -> None:
        if self._state.outlines is not None:
            self._map.show_outlines(self._state.outlines)
            self._show_decisions()

    def _show_decisions(self) -> None:
        if self._state.outlines is not None and self._state.decisions is not None:
            self._map.show_decisions(self._state.decisions)

    def _show_walk(self) -> None:
        state = self._state
        if state.footprints is None:
            return
        for field in (self._map, self._activity, self._movie):
            field.mark(state.walk, state.footprints)
        self._show_frames()

    def _show_frames(self) -> None:
        """Tell the player what to show: the activity of the shown units, and the movie."""
        state = self._state
        if not self._options.use_ac and state.footprints is not None:
            self._activity.show_image(summed(state.footprints, state.walk.shown))
        self._activity.title(ACTIVITY if self._options.use_ac else "Footprints of the shown units")
        common = {"dataset": state.dataset, "key": json.dumps(dict(self._opened.key)) if self._opened.key else ""}
        units = (
            {**common, "units": ",".join(map(str, state.walk.shown))}
            if state.walk.shown and self._options.use_ac
            else None
        )
        self._activity.figure.hide("ground", hidden=units is not None or state.footprints is None)
        movie = {**common, "movie": state.movie} if state.movie else None
        self._movie.title(state.movie.rpartition("/")[2] if state.movie else "No movie is paired with this dataset")
        low, high = state.limits or (None, None)
        self.player.panels = [
            panel(self._activity.figure.model, units, self._edges, label="A·C", colormap="viridis"),
            panel(self._movie.figure.model, movie, self._edges, label="movie", low=low, high=high),
        ]

    def _show_traces(self) -> None:
        options = self._options
        how = {"c": options.show_c, "s": options.show_s, "yra": options.show_yra, "normalise": options.normalise}
        self._traces.show((*self._state.traces, *self._merged()), **how)

    def _merged(self) -> tuple[UnitTraces, ...]:
        """The cell that the group of the merge queue would become, while it is looked at."""
        group, traces = self._state.companions.queue.current, self._state.traces
        made = preview(traces, group.units) if group is not None else None
        return () if made is None else (made,)

    # --- evidence --------------------------------------------------------------------------------------------------

    def to_transient(self, by: int) -> None:
        """Show the peak of the next transient of the current unit (`by` 1), or of the one before (-1)."""
        peaks = self._transients()[:, 1]
        ahead = peaks[peaks > self.player.position] if by > 0 else peaks[peaks < self.player.position][::-1]
        if ahead.size:
            self.player.seek(int(ahead[0]))
        else:
            self._state.message = "The current unit has no transient further on." if peaks.size else NO_TRANSIENTS

    def loop_transient(self) -> None:
        """Play the transient at the current frame, or the next one, again and again; a second time ends that."""
        if self.player.loop:
            self.player.loop = []
            self.player.command("pause")
            return
        found = self._transients()
        if not len(found):
            self._state.message = NO_TRANSIENTS
            return
        begin, peak = found[int(np.abs(found[:, 1] - self.player.position).argmin())].tolist()
        first, last = max(begin - BEFORE, 0), min(peak + AFTER, self._opened.dataset.frames.size - 1)
        self.player.loop = [first, last]
        self.player.seek(first)
        self.player.command("play")

    def _transients(self) -> np.ndarray:
        current = self._state.walk.current
        rows = [row for row in self._state.traces if row.unit_id == current and row.c is not None]
        return transients(rows[0].c, rows[0].s) if rows else np.zeros((0, 2), np.int64)

    def zoom_to_unit(self) -> None:
        """Show the current unit large in all fields of view; a second time everything."""
        footprints, current = self._state.footprints, self._state.walk.current
        if footprints is None or current is None:
            return
        self._zoomed = None if self._zoomed == current else current
        if self._zoomed is None:
            self._map.show_all()
        else:
            self._map.zoom_to(np.array(footprints.core(current)))

    def _seek(self, frame: float) -> None:
        frames = self._opened.dataset.frames
        self.player.seek(int(np.abs(frames - frame).argmin()))

    def panels(self) -> pn.Row:
        """Map, activity and movie side by side."""
        square = SquarePixels((self._map.figure.model, self._edges))
        return pn.Row(*(field.pane() for field in (self._map, self._activity, self._movie)), square, **STRETCH)

    def traces(self) -> pn.pane.Bokeh:
        """Traces of the shown units."""
        return self._traces.pane()
