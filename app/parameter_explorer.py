"""Parameter Explorer: choose pipeline parameters by seeing what they do.  /parameter_explorer?dataset=ID&step=NAME."""

from __future__ import annotations

import holoviews as hv
import panel as pn

from minian_web import runtime
from minian_web.view import shell


def body(frame: shell.Shell) -> pn.viewable.Viewer:
    """Build the tabs of the pipeline's steps for the dataset."""
    from minian_web.state.explorer import ExplorerState
    from minian_web.view.explorer.page import ExplorerView

    state = ExplorerState(runtime.get(), frame.deliver, dataset=frame.dataset)
    frame.hides_body = True
    frame.attach(state)
    frame.sync(state, ["step"])
    view = ExplorerView(state=state)
    state.param.watch(lambda event: frame.param.update(hides_body=event.new is None), "source")
    state.open()
    frame.settle(lambda: state.source is not None or bool(state.error))
    return view


if pn.state.served:
    pn.extension()
    hv.extension("bokeh")
    shell.show("parameter_explorer", body, runtime.get()).servable()
