"""Cross-Registration: match cells across sessions.  /cross_registration?dataset=ID&registration=NAME&match=N."""

from __future__ import annotations

import holoviews as hv
import panel as pn

from minian_web import runtime
from minian_web.view import shell


def body(frame: shell.Shell) -> pn.viewable.Viewer:
    """Build the page of the registrations around the dataset."""
    from minian_web.state.registration import RegistrationState
    from minian_web.view.registration import RegistrationView

    state = RegistrationState(runtime=runtime.get(), deliver=frame.deliver, dataset=frame.dataset)
    frame.attach(state)
    state.param.watch(lambda event: frame.param.update(hides_body=not event.new), "found")
    frame.hides_body = True
    frame.sync(state, ["registration", "match"])
    view = RegistrationView(state=state)
    state.open()
    frame.settle(lambda: state.drawn is not None or bool(state.error) or (state.found and not state.sources))
    return view


if pn.state.served:
    pn.extension("tabulator")
    hv.extension("bokeh")
    shell.show("cross_registration", body, runtime.get()).servable()
