"""Parameter Explorer: what there is for it beside a dataset; the page itself comes with the next version."""

from __future__ import annotations

import panel as pn

from minian_web import runtime
from minian_web.view import shell
from minian_web.view.upcoming import upcoming


def body(frame: shell.Shell) -> pn.viewable.Viewable:
    """Say what is available."""
    return upcoming("parameter_explorer", frame, runtime.get())


if pn.state.served:
    pn.extension()
    shell.show("parameter_explorer", body, runtime.get()).servable()
