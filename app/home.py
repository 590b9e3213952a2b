"""Home: find a dataset, look at it, open it.  /?dataset=ID."""

from __future__ import annotations

import panel as pn

from minian_web import runtime
from minian_web.state.home import HomeState
from minian_web.view import shell
from minian_web.view.home import HomeView


def body(frame: shell.Shell) -> HomeView:
    """Build the table of datasets and the preview of one."""
    state = HomeState(runtime.get(), deliver=frame.deliver, chosen=frame.dataset)
    frame.attach(state)
    state.param.watch(lambda event: frame.param.update(dataset=event.new), "chosen")
    state.load()
    return HomeView(state, open_page=frame.go)


if pn.state.served:
    pn.extension("tabulator")
    shell.show("home", body, runtime.get()).servable()
