"""The player: one clock in the browser for any number of figures that show frames.

Frames are painted by the browser on a canvas of its own under a transparent figure; Python hears of the position a few
times a second. What is JavaScript lies in `static/player/`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import param
from bokeh.models import Plot, Span
from bokeh.palettes import all_palettes
from panel.custom import JSComponent

from minian_web import assets
from minian_web.errors import BadRequest, Changed, DatasetNotFound, MinianWebError

__all__ = ["COLORMAPS", "COMMANDS", "FramePlayer", "panel"]

_log = logging.getLogger(__name__)

Fallback = Callable[[Mapping[str, str], Callable[[bytes], None], Callable[[Exception], None]], None]

COLORMAPS: dict[str, tuple[str, ...]] = {
    "gray": tuple(all_palettes["Greys"][256]),
    "viridis": tuple(all_palettes["Viridis"][256]),
    "magma": tuple(all_palettes["Magma"][256]),
    "inferno": tuple(all_palettes["Inferno"][256]),
    "cividis": tuple(all_palettes["Cividis"][256]),
    "turbo": tuple(all_palettes["Turbo"][256]),
}
COMMANDS = (
    "play_pause",
    "play",
    "pause",
    "step_forward",
    "step_back",
    "jump_forward",
    "jump_back",
    "leap_forward",
    "leap_back",
    "first_frame",
    "last_frame",
    "loop_start",
    "loop_end",
    "loop_clear",
)

_PARTS = (
    "transport",
    "feed",
    "screen",
    "clock",
    "loop",
    "labels",
    "commands",
    "controls",
    "panel",
    "ahead",
    "readout",
    "reports",
    "player",
    "begin",
)
_LASTING = (BadRequest, Changed, DatasetNotFound)


def panel(
    figure: Plot,
    query: Mapping[str, str] | None,
    bounds: tuple[float, float, float, float],
    *,
    colormap: str = "gray",
    low: float | None = None,
    high: float | None = None,
    label: str = "",
) -> dict[str, Any]:
    """Describe what one figure shows; the figure is made transparent, so that frames under it are seen.

    Parameters
    ----------
    figure
        Bokeh figure whose frame shows the pixels.
    query
        What is asked for at the frames address: `dataset` with `movie` or `units`, and `guard`, `key`. None: no movie.
    bounds
        Left, right, top and bottom edge of the outermost pixels in the figure's coordinates.
    colormap
        A name of `COLORMAPS`.
    low, high
        Colour limits in the units of the movie; None for the whole range of its levels.
    label
        Said before the value under the pointer.
    """
    if figure.background_fill_alpha or figure.border_fill_alpha:  # a figure that is on a page is not changed here
        figure.update(background_fill_alpha=0, border_fill_alpha=0)
    return {
        "figure": figure.id,
        "query": None if query is None else {name: str(value) for name, value in query.items()},
        "bounds": [float(edge) for edge in bounds],
        "colormap": list(COLORMAPS[colormap]),
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
        "label": label,
    }


class FramePlayer(JSComponent):
    """Plays the movies of its panels in step, and has the buttons for it."""

    panels = param.List(default=[], item_type=dict, doc="Input: what each figure shows, as `panel` describes it")
    n_frames = param.Integer(default=0, bounds=(0, None), doc="Input: frames of the movies")
    fps = param.Number(default=30.0, bounds=(0, 240), doc="Input: frames a second; set by the user too")
    speed = param.Number(default=1.0, bounds=(0.25, 4), doc="Input: how much faster; set by the user too")
    loop = param.List(default=[], item_type=int, doc="Input and output: first and last position of the loop, or empty")
    url = param.String(default="frames", doc="Input: address of the frames endpoint; empty for the websocket")
    first_label = param.Number(default=0, doc="Input: frame coordinate of the first frame")
    label_step = param.Number(default=1, doc="Input: step of the frame coordinate")
    labels = param.Parameter(default=None, doc="Input: all frame coordinates where their step is not regular")
    frame_rate = param.Number(default=0, bounds=(0, None), doc="Input: recorded frames a second, 0 when not known")
    cursor_ids = param.List(default=[], item_type=str, doc="Input: ids of the Bokeh spans that follow the position")
    cursor_scale = param.Number(default=1, doc="Input: location of a cursor = frame coordinate times this")
    target = param.List(default=[0, 0], doc="Input: where to seek to, and the number of the wish; use `seek`")
    fallback = param.Boolean(default=False, doc="Input: frames can be had over the websocket")

    position = param.Integer(default=0, bounds=(0, None), doc="Output: frame shown, counted from 0")
    playing = param.Boolean(default=False, doc="Output: whether the movie runs")
    ready = param.Boolean(default=False, doc="Output: the first frame is on the screen")
    painted_fps = param.Number(default=0.0, doc="Output: frames painted in the last second")

    _esm = "\n".join(assets.text(f"player/{part}.js") for part in _PARTS)
    _stylesheets = (assets.text("player/player.css"),)

    def __init__(
        self, *, position: int = 0, cursors: Iterable[Span] = (), answer: Fallback | None = None, **params: Any
    ) -> None:
        self._answer = answer
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(
            position=position,
            target=[position, 0],
            cursor_ids=[span.id for span in cursors],
            fallback=answer is not None,
            **params,
        )

    def seek(self, position: int) -> None:
        """Show another frame; `position` follows when the browser has heard of it."""
        last = max(0, self.n_frames - 1)
        self.target = [min(max(0, int(position)), last), self.target[1] + 1]

    def command(self, name: str) -> None:
        """Do what a button or a key does: one of `COMMANDS`."""
        if name not in COMMANDS:
            raise BadRequest(f"the player knows no command {name!r}; it knows {', '.join(COMMANDS)}")
        self._send_msg({"command": name})

    def set_frames(self, frames: np.ndarray) -> None:
        """Take the frame coordinates `(frame,)` of the movies, which the player shows instead of counting from 0."""
        frames = np.asarray(frames, np.float64)
        steps = np.unique(np.diff(frames)) if frames.size > 1 else np.ones(1)
        regular = steps.size == 1 and steps[0] != 0
        self.param.update(
            n_frames=int(frames.size),
            first_label=float(frames[0]) if frames.size else 0.0,
            label_step=float(steps[0]) if regular else 1.0,
            labels=None if regular else frames,
        )

    def set_cursors(self, *spans: Span) -> None:
        """Let these lines follow the position, in the browser."""
        self.cursor_ids = [span.id for span in spans]

    def _handle_msg(self, data: Any) -> None:
        """Answer a request for frames that came over the websocket."""
        if not isinstance(data, dict) or self._answer is None or not isinstance(data.get("texts"), dict):
            _log.warning("a browser sent a message that the player does not know: %.80r", data)
            return
        number = data.get("request")
        texts = {str(name): str(value) for name, value in data["texts"].items()}
        self._answer(texts, lambda reply: self._reply(number, reply), lambda error: self._fail(number, error))

    def _reply(self, number: Any, reply: bytes) -> None:
        self._send_msg({"reply": number, "data": reply})

    def _fail(self, number: Any, error: Exception) -> None:
        if not isinstance(error, MinianWebError):
            _log.error("a request for frames failed", exc_info=error)
        text = str(error) if isinstance(error, MinianWebError) else "The server failed to read these frames"
        self._send_msg({"reply": number, "error": text, "lasting": isinstance(error, _LASTING)})
