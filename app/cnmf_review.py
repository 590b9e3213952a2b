"""CNMF Review: judge the cells of a dataset.  /cnmf_review?dataset=ID."""

from __future__ import annotations

import holoviews as hv
import panel as pn

from minian_web import runtime
from minian_web.view import shell


def body(frame: shell.Shell) -> pn.viewable.Viewer:
    """Build the review of the dataset's cells."""
    from minian_web.state.review import ReviewState
    from minian_web.view.review import ReviewView

    state = ReviewState(runtime=runtime.get(), deliver=frame.deliver, dataset=frame.dataset)
    frame.attach(state)
    state.param.watch(lambda event: frame.param.update(hides_body=event.new is None), "opened")
    frame.sync(state, ["unit", "frame", "movie"])
    view = ReviewView(state=state)
    state.open()
    frame.settle(lambda: state.begun)
    return view


if pn.state.served:
    pn.extension()
    hv.extension("bokeh")
    shell.show("cnmf_review", body, runtime.get()).servable()
