"""What can be done with the movies of the page: projections, side by side, statistics, files."""

from __future__ import annotations

import base64
import logging
from functools import partial
from pathlib import PurePath
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets
from minian_web.model.frame_statistics import NAMES
from minian_web.model.still import png
from minian_web.state.looking import FRAME
from minian_web.state.movie import MovieState
from minian_web.view.player import COLORMAPS
from minian_web.view.summary import LABELS

_log = logging.getLogger(__name__)
_PROGRESS_STEPS = 100


class MovieActions(JSComponent):
    """Controls of a `MovieState`; everything that comes from the browser is checked by the states."""

    shown = param.Dict(default={}, doc="Input: everything that is shown")

    _esm = "\n".join(assets.text(f"tools/{part}.js") for part in ("parts", "actions"))
    _stylesheets = (assets.text("tools/tools.css"),)

    def __init__(self, state: MovieState, **params: Any) -> None:
        self._state = state
        super().__init__(shown=self._now(), **params)
        state.param.watch(self._show, ["screens", "movies", "shows", "progress", "stopped", "loop", "summary"])
        state.looking.param.watch(
            self._show, ["show", "title", "progress", "outlined", "outlines", "message", "motion", "motions"]
        )
        if state.exporting is not None:
            state.exporting.param.watch(self._show, ["progress", "message", "token"])

    def _show(self, *_events: Any) -> None:
        now = self._now()
        if now != self.shown:
            self.shown = now

    def _now(self) -> dict[str, Any]:
        state, looking, exporting = self._state, self._state.looking, self._state.exporting
        return {
            "show": looking.show,
            "title": looking.message or looking.title,
            "projecting": _rounded(looking.progress),
            "has_units": looking.outlined is not None,
            "outlines": looking.outlines,
            "companions": [one.movie.name for one in state.companions()],
            "beside": [screen.required.movie.name for screen in state.screens[1:]],
            "has_motion": looking.motion is not None,
            "motions": looking.motions,
            "names": [[name, LABELS[name]] for name in NAMES],
            "shows": list(state.shows),
            "computing": _rounded(state.progress),
            "stopped": state.stopped,
            "looped": bool(state.loop),
            "references": state.references() is not None,
            "name": _file_name(state.movie),
            "can_export": exporting is not None,
            "exporting": None if exporting is None else _rounded(exporting.progress),
            "said": "" if exporting is None else exporting.message,
            "file": _file(exporting) if exporting is not None and exporting.token else None,
        }

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        acts = {
            "show": lambda: self._state.look_at(str(data["show"])),
            "outlines": lambda: self._state.looking.param.update(outlines=bool(data["outlines"])),
            "motions": lambda: self._state.looking.param.update(motions=bool(data["motions"])),
            "beside": lambda: self._state.put_beside([str(name) for name in _list(data["beside"])]),
            "statistics": lambda: self._set_statistics(_list(data["statistics"])),
            "resume": self._state.resume_statistics,
            "cancel": lambda: self._cancel(str(data["cancel"])),
            "picture": self._send_pictures,
            "video": lambda: self._state.write(
                str(data["video"]), str(data.get("name", "")), on_server=data.get("place") == "server"
            ),
        }
        act = next((acts[name] for name in acts if name in data), None)
        if act is None:
            _log.warning("a browser sent what the Movie Viewer does not know: %.80r", data)
        else:
            act()

    def _set_statistics(self, names: list[Any]) -> None:
        self._state.shows = [name for name in NAMES if name in names]

    def _cancel(self, what: str) -> None:
        if what == "projection":
            self._state.looking.cancel()
        elif what == "statistics":
            self._state.stop_statistics()
        elif what == "video" and self._state.exporting is not None:
            self._state.exporting.cancel()

    def _send_pictures(self) -> None:
        for number in range(len(self._state.screens)):
            self._state.still(number, partial(self._send_picture, number))

    def _send_picture(self, number: int, levels: Any) -> None:
        state = self._state
        if number >= len(state.screens):
            return
        screen = state.screens[number]
        data = base64.b64encode(png(levels, COLORMAPS[screen.colormap])).decode()
        movie, show = screen.required.movie, state.looking.show
        name = f"{_file_name(movie.name)}_{show if show != FRAME else f'frame{movie.frames[state.position]}'}.png"
        self._send_msg({"picture": {"name": name, "url": f"data:image/png;base64,{data}"}})


def _rounded(fraction: float | None) -> float | None:
    """Steps that are worth telling the browser of."""
    return None if fraction is None else round(fraction * _PROGRESS_STEPS) / _PROGRESS_STEPS


def _file_name(movie: str) -> str:
    return PurePath(movie).name or "movie"


def _file(exporting: Any) -> dict[str, str]:
    return {"name": exporting.filename, "url": f"files/{exporting.token}"}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
