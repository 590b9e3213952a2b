"""Pages to compare with: the plain Player -> DynamicMap -> websocket way, and two movies on one clock.

Started by `benchmarks.playback` as a process of its own: `python -m benchmarks.playback_pages FOLDER PORT`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import holoviews as hv
import panel as pn
from holoviews.streams import Pipe

from minian_web import runtime
from minian_web.server.frames import ROUTES
from minian_web.settings import Settings
from minian_web.store.zarrs import read
from minian_web.view.figures import bounds, field_of_view
from minian_web.view.player import FramePlayer, panel
from minian_web.view.square import SquarePixels

DATASET = "playback"


def movies() -> dict:
    return {one.movie.variable: one.movie for one in runtime.get().movies(DATASET)}


def reference() -> pn.viewable.Viewable:
    """As a notebook viewer does it: each tick asks Python, Python reads the frame and sends it over the websocket."""
    hv.extension("bokeh")
    args = pn.state.session_args or {}
    movie = movies()[args.get("movie", [b"varr"])[0].decode()]
    fps = float(args.get("fps", [b"30"])[0])
    pipe = Pipe(data=read(movie.array, (0,)))
    image = hv.DynamicMap(lambda data: hv.Image(data, bounds=(0, 0, movie.width, movie.height)), streams=[pipe])
    player = pn.widgets.Player(start=0, end=movie.n_frames - 1, interval=int(1000 / fps), value=0)
    player.param.watch(lambda event: pipe.send(read(movie.array, (event.new,))), "value")
    return pn.Column(image.opts(frame_width=600, aspect=1, cmap="gray", clim=(0, 255)), player)


def two() -> pn.viewable.Viewable:
    """Both movies side by side on one clock."""
    hv.extension("bokeh")
    found = movies()
    fields = {name: field_of_view(one.heights, one.widths, ["pan", "wheel_zoom"]) for name, one in found.items()}
    panels = []
    for name, field in fields.items():
        field.hide("ground")
        query = {"dataset": DATASET, "movie": found[name].name, "guard": found[name].guard}
        panels.append(panel(field.model, query, bounds(found[name].heights, found[name].widths)))
    player = FramePlayer(panels=panels)
    player.set_frames(next(iter(found.values())).frames)
    edges = [(fields[name].model, bounds(one.heights, one.widths)) for name, one in found.items()]
    row = pn.Row(*(field.pane() for field in fields.values()), SquarePixels(*edges), height=600, width=1240)
    return pn.Column(row, player, width=1240)


if __name__ == "__main__":
    root, port = Path(sys.argv[1]), int(sys.argv[2])
    runtime.start(Settings(roots=(root,), cache_dir=root.parent / "cache", state_dir=root.parent / "state"))
    pn.serve({"reference": reference, "two": two}, port=port, show=False, extra_patterns=ROUTES, liveness=True)
