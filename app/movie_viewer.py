"""Movie Viewer: play a movie of a dataset.  /movie_viewer?dataset=ID&movie=NAME&frame=N."""

from __future__ import annotations

import holoviews as hv
import panel as pn

from minian_web import runtime
from minian_web.view import shell


def body(frame: shell.Shell) -> pn.viewable.Viewer:
    """Build the viewer of the dataset's movies."""
    from minian_web.state.movie import MovieState
    from minian_web.state.replies import replies
    from minian_web.view.movie import MovieView

    state = MovieState(runtime=runtime.get(), deliver=frame.deliver, dataset=frame.dataset)
    frame.hides_body = True
    frame.attach(state)
    frame.sync(state, ["movie", "frame", "beside"])
    view = MovieView(state, replies(runtime.get(), frame.deliver), visit=frame.bar.visit)
    state.open()
    frame.settle(lambda: bool(state.screens) or bool(state.error))
    return view


if pn.state.served:
    pn.extension()
    hv.extension("bokeh")
    shell.show("movie_viewer", body, runtime.get()).servable()
