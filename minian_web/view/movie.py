"""The Movie Viewer: play a movie, see how its frames change, draw a mask."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import panel as pn

from minian_web import assets
from minian_web.model.frame_statistics import NAMES
from minian_web.state.movie import SURE, MovieState, Shown
from minian_web.state.replies import Replies
from minian_web.view.boxes import BoxLayer
from minian_web.view.figures import Figure, bounds, field_of_view
from minian_web.view.links import TITLES, href
from minian_web.view.movie_tools import MovieTools
from minian_web.view.player import COMMANDS, FramePlayer, panel
from minian_web.view.shell import blank, button, select
from minian_web.view.square import SquarePixels
from minian_web.view.summary import LABELS, SummaryFigure

STRETCH = {"sizing_mode": "stretch_both", "margin": 0}
TOOLS = ("pan", "wheel_zoom", "reset")
_TEXT_CSS = f"{assets.text('pane.css')}\n:host {{ font-size: 13px; color: var(--mw-quiet); }}"


class MovieView(pn.viewable.Viewer):
    """The page of a `MovieState`.

    Parameters
    ----------
    answer
        Gives frames over the websocket, where the frames address is not served.
    """

    def __init__(self, state: MovieState, answer: Replies | None = None) -> None:
        super().__init__()
        self.state = state
        self._summary = SummaryFigure(self._seek)
        self.player = FramePlayer(cursors=[self._summary.cursor], answer=answer, margin=(2, 12, 0, 12))
        self._tools = MovieTools(state, sizing_mode="stretch_width", margin=(4, 12))
        self._figure: Figure | None = None
        self._boxes: BoxLayer | None = None
        self._told = 0
        self._screen = pn.Column(**STRETCH)
        self._movies = select("Movie", {}, None, self._choose, width=300, margin=(6, 8), align="center")
        self._about = _text(margin=(0, 8), align="center")
        self._doubt = pn.Row(sizing_mode="stretch_width", margin=(4, 12, 0, 12), visible=False)
        self._message = _text(visible=False, margin=0)
        self._values = _text(margin=(0, 12, 4, 12), height=18)
        self._body = pn.Column(**STRETCH)
        self.commands: dict[str, Callable[[], Any]] = {
            **{name: partial(self.player.command, name) for name in COMMANDS},
            "save_mask": state.boxes.save,
        }
        self._follow()

    def _follow(self) -> None:
        state = self.state
        state.param.watch(lambda *_: self._show_movies(), ["movies", "looked"])
        state.param.watch(lambda *_: self._show_movie(), "shown")
        state.param.watch(lambda *_: self._show_panel(), ["limits", "colormap"])
        state.param.watch(lambda *_: self._summary.show(state.summary), "summary")
        state.param.watch(lambda *_: self._show_values(), ["summary", "position", "summary_error"])
        state.param.watch(lambda *_: self._show_message(), "message")
        self.player.param.watch(self._played, ["position", "playing"])
        self.player.param.watch(lambda event: self._begun() if event.new else None, "ready")
        self._show_movies()

    # --- which movie -----------------------------------------------------------------------------------------------

    def _show_movies(self) -> None:
        state = self.state
        if state.looked and not state.movies:
            self._body.objects = [_no_movies(state.dataset)]
            return
        options = {_title(one.movie.name, one.status): one.movie.name for one in state.movies}
        self._movies.param.update(options=options, value=state.movie or None)

    def _choose(self, name: str | None) -> None:
        if name:
            self.state.choose(name)

    def _show_movie(self) -> None:
        shown = self.state.shown
        if shown is None:
            return
        movie = shown.movie
        self._movies.value = movie.name
        self._about.object = html.escape(
            f"{movie.width} × {movie.height} px, {movie.n_frames} frames, {movie.dtype}"
            + (f", {shown.frame_rate:g} fps recorded" if shown.frame_rate else "")
        )
        self._show_doubt(shown)
        self._draw_screen(shown)
        scale = self._summary.set_frames(movie.frames, shown.frame_rate)
        self.player.set_frames(movie.frames)
        self.player.param.update(frame_rate=shown.frame_rate or 0, cursor_scale=scale)
        self._show_panel()
        self.player.seek(self.state.position)
        self._show_values()
        if not self._body.objects or self._screen not in _flat(self._body):
            self._body.objects = self._layout()
        if self.player.ready:
            self.state.summarise()

    def _show_doubt(self, shown: Shown) -> None:
        doubtful = shown.pairing.status not in SURE
        text = f"It is not sure that this movie belongs to this dataset. {shown.pairing.reason}"
        self._doubt.objects = [
            _text(f'<div class="message notice" role="status">{html.escape(text)}</div>', margin=0, align="center"),
            button("It belongs to this dataset", self.state.confirm, align="center"),
        ]
        self._doubt.visible = doubtful

    def _draw_screen(self, shown: Shown) -> None:
        """Make a figure for frames of this size."""
        movie = shown.movie
        if self._boxes is not None:
            self._boxes.remove()
        axes = movie.heights, movie.widths
        self._figure = field_of_view(*axes, TOOLS, active_tools=["wheel_zoom"])
        self._figure.hide("ground")
        self._figure.model.toolbar_location = "right"
        self._boxes = BoxLayer(self._figure, self.state.boxes, *axes)
        square = SquarePixels((self._figure.model, bounds(*axes)))
        self._screen.objects = [self._figure.pane(min_height=200), square]

    def _show_panel(self) -> None:
        state = self.state
        if state.shown is None or self._figure is None:
            return
        movie = state.shown.movie
        low, high = state.limits or (None, None)
        query = {"dataset": state.dataset, "movie": movie.name, "guard": movie.guard}
        edges = bounds(movie.heights, movie.widths)
        shown = panel(self._figure.model, query, edges, colormap=state.colormap, low=low, high=high)
        self._told += 1
        self.player.panels = [{**shown, "told": self._told}]  # never equal to the last, so that it is sent

    def _begun(self) -> None:
        """The browser is up: tell it again what changed while it was starting, then begin what is slow."""
        self._show_panel()
        self._tools.revision += 1
        self.state.summarise()

    # --- which frame -----------------------------------------------------------------------------------------------

    def _seek(self, position: int) -> None:
        self.player.seek(position)

    def _played(self, *_events: Any) -> None:
        state, player = self.state, self.player
        state.param.update(position=player.position, playing=player.playing)
        if not player.playing:
            state.settle()

    def _show_values(self) -> None:
        state = self.state
        if state.summary_error:
            self._values.object = html.escape(state.summary_error)
            return
        if state.shown is None or state.summary is None or state.position >= state.summary.mean.size:
            self._values.object = "Statistics of all frames follow." if state.shown else ""
            return
        values = {name: float(state.summary.of(name)[state.position]) for name in NAMES}
        known = ", ".join(f"{LABELS[name]} {value:.4g}" for name, value in values.items() if np.isfinite(value))
        frame = state.shown.movie.frames[state.position]
        self._values.object = html.escape(f"Frame {frame}: {known}" if known else f"Frame {frame}: not computed yet")

    def _show_message(self) -> None:
        message = self.state.message
        self._message.object = f'<div class="message notice" role="alert">{html.escape(message)}</div>'
        self._message.visible = bool(message)

    # --- layout ----------------------------------------------------------------------------------------------------

    def _layout(self) -> list[pn.viewable.Viewable]:
        side = pn.Column(self._tools, width=264, sizing_mode="stretch_height", scroll="y-auto", margin=0)
        return [
            pn.Row(self._movies, self._about, sizing_mode="stretch_width", margin=(0, 4)),
            self._doubt,
            self._message,
            pn.Row(self._screen, side, **STRETCH),
            self.player,
            pn.Row(self._summary.pane(), height=178, sizing_mode="stretch_width", margin=0),
            self._values,
        ]

    def __panel__(self) -> pn.Column:
        return self._body


def _text(text: str = "", **layout: Any) -> pn.pane.HTML:
    return pn.pane.HTML(text, stylesheets=[_TEXT_CSS], sizing_mode="stretch_width", **layout)


def _title(name: str, status: str) -> str:
    return f"{name} (not sure)" if status not in SURE else name


def _flat(column: pn.Column) -> list[Any]:
    return [one for part in column.objects for one in (part.objects if isinstance(part, pn.Row) else [part])]


def _no_movies(dataset: str) -> pn.viewable.Viewable:
    text = (
        "No movie was found beside this dataset. Movies such as varr or Y_fm_chk lie in the intermediate folder of the "
        "pipeline (minian_intermediate); put that folder beside the dataset, or serve the folder that holds it."
    )
    links = [(f"{TITLES['cnmf_review']} of this dataset works without", href("cnmf_review", dataset))]
    return blank("No movie here", text, links=[*links, ("Choose another dataset", href("home"))])
