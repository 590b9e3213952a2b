"""The Movie Viewer: play a movie, see how its frames change, draw a mask."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from minian_web import assets
from minian_web.state.looking import SURE
from minian_web.state.movie import MovieState
from minian_web.state.screen import Screen, Shown
from minian_web.view.figures import bounds
from minian_web.view.links import TITLES, href
from minian_web.view.movie_actions import MovieActions
from minian_web.view.movie_tools import MovieTools
from minian_web.view.player import COMMANDS, Fallback, FramePlayer
from minian_web.view.screen import ScreenView
from minian_web.view.shell import blank, button
from minian_web.view.square import SquarePixels
from minian_web.view.timelines import Timelines
from minian_web.view.which import Which

TOOLS: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (4, 12)}
STRETCH = {"sizing_mode": "stretch_both", "margin": 0}
_TEXT_CSS = f"{assets.text('pane.css')}\n:host {{ font-size: 13px; color: var(--mw-quiet); }}"


class MovieView(pn.viewable.Viewer):
    """The page of a `MovieState`.

    Parameters
    ----------
    answer
        Gives frames over the websocket, where the frames address is not served.
    visit
        Goes to another address.
    over_websocket
        There is no frames address at all, as in a notebook.
    datashading
        Whether curves are drawn as pixels, or as plain lines.
    """

    def __init__(
        self,
        state: MovieState,
        answer: Fallback | None = None,
        visit: Callable[[str], None] | None = None,
        *,
        over_websocket: bool = False,
        datashading: bool = True,
    ) -> None:
        super().__init__()
        self.state, self._visit = state, visit
        self.player = FramePlayer(answer=answer, margin=(2, 12, 0, 12))
        self.player.url = "" if over_websocket else self.player.url
        self._which = Which(state)
        self._save_label = "Update Mask" if over_websocket else "Save mask"
        self._views: list[ScreenView] = []
        self._tools: list[MovieTools] = []
        self._actions = MovieActions(state, **TOOLS)
        self._told = 0
        self._laid_out = False
        self._screen = pn.Row(**STRETCH)
        self._side = pn.Column(width=272, sizing_mode="stretch_height", scroll="y-auto", margin=0)
        self._about = _text(margin=(0, 8), align="center")
        self._doubt = pn.Row(sizing_mode="stretch_width", margin=(4, 12, 0, 12), visible=False)
        self._message = _text(visible=False, margin=0)
        self._timelines = Timelines(state, self.player, self._seek, datashading=datashading)
        self._body = pn.Column(**STRETCH)
        self.commands: dict[str, Callable[[], Any]] = {
            **{name: partial(self.player.command, name) for name in COMMANDS},
            "save_mask": state.boxes.save,
        }
        self._follow()

    def _follow(self) -> None:
        state = self.state
        state.param.watch(lambda *_: self._show_movies(), ["movies", "looked"])
        state.param.watch(lambda *_: self._show_doubt(), "shown")
        state.param.watch(lambda *_: self._show_screens(), "screens")
        state.param.watch(lambda *_: self._show_message(), "message")
        state.looking.param.watch(lambda *_: self._show_images(), ["images", "show"])
        state.looking.param.watch(lambda *_: self._show_units(), ["outlined", "outlines"])
        self.player.param.watch(self._played, ["position", "playing"])
        self.player.param.watch(lambda event: setattr(state, "loop", list(event.new)), "loop")
        self.player.param.watch(lambda event: state.deliver(self._begun) if event.new else None, "ready")
        self._show_movies()

    # --- which movie -----------------------------------------------------------------------------------------------

    def _show_movies(self) -> None:
        state = self.state
        if state.looked and not state.movies:
            self._laid_out = False
            self._body.objects = [_no_movies(state.dataset)]
            return
        self._which.show()

    # --- the screens -----------------------------------------------------------------------------------------------

    def _show_screens(self) -> None:
        """Draw the movies anew, where others than before are shown."""
        state = self.state
        if not state.screens or [view.shown for view in self._views] == [one.shown for one in state.screens]:
            return
        first = not self._views or self._views[0].shown is not state.screens[0].shown
        self._draw_screens(state.screens)
        if first:
            self._show_first(state.screens[0].required)
        self._show_panels()
        self._show_images()
        self._show_units()
        if first:
            self.player.seek(state.position)
        if not self._laid_out:
            self._laid_out = True
            self._body.objects = self._layout()
        if self._timelines.begun:
            state.summarise()

    def _draw_screens(self, screens: list[Screen]) -> None:
        for view in self._views:
            view.remove()
        self._views = []
        for screen in screens:
            beside = self._views[0].figure if self._views else None
            view = ScreenView(screen, self._pick, beside, titled=len(screens) > 1)
            view.follow(self._recolour)
            if self._laid_out:
                view.figure.hold_until_shown()
            self._views.append(view)
        for screen in screens[len(self._tools) :]:
            self._tools.append(MovieTools(screen, save_label=self._save_label, **TOOLS))
        for view, tools in zip(self._views, self._tools, strict=False):
            title = view.shown.movie.variable if len(screens) > 1 else ""
            tools.param.update(figure=view.figure.model.id, title=title)
        square = SquarePixels(*((view.figure.model, bounds(*view.axes)) for view in self._views))
        self._screen.objects = [*(view.figure.pane(min_height=200) for view in self._views), square]
        self._side.objects = [*self._tools[: len(screens)], self._actions]

    def _show_first(self, shown: Shown) -> None:
        """Say what the first movie is; its frames are those of the player and of the statistics."""
        movie = shown.movie
        self._which.follow()
        self._about.object = html.escape(
            f"{movie.width} × {movie.height} px, {movie.n_frames} frames, {movie.dtype}"
            + (f", {shown.frame_rate:g} fps recorded" if shown.frame_rate else "")
        )
        self.player.loop = []
        self.player.set_frames(movie.frames)
        self.player.frame_rate = shown.frame_rate or 0
        self._timelines.show_movie()

    def _recolour(self) -> None:
        self._show_panels()
        if self.state.looking.images:
            self._show_images()

    def _show_panels(self) -> None:
        state, frames = self.state, not self.state.looking.images
        self._told += 1  # never equal to the last, so that it is sent
        self.player.panels = [{**view.panel(state.dataset, frames=frames), "told": self._told} for view in self._views]

    def _show_images(self) -> None:
        """Show projections in place of the frames, or the frames again."""
        images = self.state.looking.images
        for number, view in enumerate(self._views):
            view.show_image(images[number] if number < len(images) else None)
        self._show_panels()

    def _show_units(self) -> None:
        looking = self.state.looking
        for view in self._views:
            sure = view.shown.pairing.status in SURE
            view.show_units(looking.outlined if looking.outlines and sure else None)

    def _pick(self, row: float, column: float) -> None:
        """Go to the unit at this place in CNMF Review, when units are outlined and no box would be lost."""
        state, units = self.state, self.state.looking.outlined
        unit = units.at(row, column) if units is not None and state.looking.outlines else None
        if unit is None or self._visit is None:
            return
        if any(screen.boxes.saving == "unsaved" for screen in state.screens):
            state.message = f"Unit {unit} is not opened in CNMF Review while boxes are not saved."
            return
        state.settle()
        self._visit(f"{href('cnmf_review', state.dataset)}&unit={unit}&frame={state.frame}")

    def _show_doubt(self) -> None:
        shown = self.state.shown
        if shown is None:
            return
        doubtful = shown.pairing.status not in SURE
        text = f"It is not sure that this movie belongs to this dataset. {shown.pairing.reason}"
        self._doubt.objects = [
            _text(f'<div class="message notice" role="status">{html.escape(text)}</div>', margin=0, align="center"),
            button("It belongs to this dataset", self.state.confirm, align="center"),
        ]
        self._doubt.visible = doubtful

    def _begun(self) -> None:
        """The browser is up: tell it again what changed while it was starting, then begin what is slow."""
        self._show_panels()
        for tools in self._tools:
            tools.revision += 1
        self._timelines.begin()
        self.state.summarise()
        self.state.looking.find_units(self.state.dataset, self.state.shown)
        self.state.looking.find_motion(self.state.dataset, self.state.shown)

    # --- which frame -----------------------------------------------------------------------------------------------

    def _seek(self, position: int) -> None:
        self.player.seek(position)

    def _played(self, *_events: Any) -> None:
        state, player = self.state, self.player
        state.param.update(position=player.position, playing=player.playing)
        if not player.playing:
            state.settle()

    def _show_message(self) -> None:
        message = self.state.message
        self._message.object = f'<div class="message notice" role="alert">{html.escape(message)}</div>'
        self._message.visible = bool(message)

    # --- layout ----------------------------------------------------------------------------------------------------

    def _layout(self) -> list[pn.viewable.Viewable]:
        left = pn.Column(
            self._screen,
            self.player,
            *self._timelines.parts,
            **STRETCH,
        )
        return [
            pn.Row(self._which.row, self._about, sizing_mode="stretch_width", margin=(0, 4)),
            self._doubt,
            self._message,
            pn.Row(left, self._side, **STRETCH),
        ]

    def __panel__(self) -> pn.Column:
        return self._body


def _text(text: str = "", **layout: Any) -> pn.pane.HTML:
    return pn.pane.HTML(text, stylesheets=[_TEXT_CSS], sizing_mode="stretch_width", **layout)


def _no_movies(dataset: str) -> pn.viewable.Viewable:
    text = (
        "No movie was found beside this dataset. Movies such as varr or Y_fm_chk lie in the intermediate folder of the "
        "pipeline (minian_intermediate); put that folder beside the dataset, or serve the folder that holds it."
    )
    links = [(f"{TITLES['cnmf_review']} of this dataset works without", href("cnmf_review", dataset))]
    return blank("No movie here", text, links=[*links, ("Choose another dataset", href("home"))])
