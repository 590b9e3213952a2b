"""Cross-Registration: what there is for it beside a dataset; the page itself comes with the next version."""

from __future__ import annotations

import panel as pn

from minian_web import runtime
from minian_web.view import shell
from minian_web.view.upcoming import upcoming


def body(frame: shell.Shell) -> pn.viewable.Viewable:
    """Say what is available."""
    return upcoming("cross_registration", frame, runtime.get())


if pn.state.served:
    pn.extension()
    shell.show("cross_registration", body, runtime.get()).servable()
