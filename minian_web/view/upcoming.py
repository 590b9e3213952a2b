"""Pages that come with the next version: they say what is already there for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

from minian_web.state.upcoming import found_for
from minian_web.view import shell
from minian_web.view.links import TITLES, href

if TYPE_CHECKING:
    from minian_web.runtime import Runtime


def upcoming(page: str, frame: shell.Shell, runtime: Runtime) -> pn.viewable.Viewable:
    """Say that the page comes with the next version and what it will find beside this dataset."""
    found = found_for(page, frame.dataset, runtime)
    text = f"This page comes with the next version of minian-web. What it will find for {frame.dataset}:"
    links = [
        (f"{TITLES[other]} of this dataset", href(other, frame.dataset)) for other in ("cnmf_review", "movie_viewer")
    ]
    return shell.blank(TITLES[page], text, items=found, links=links)
