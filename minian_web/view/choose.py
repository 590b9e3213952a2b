"""What a page shows as long as no dataset is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import panel as pn

from minian_web.state.picker import matching
from minian_web.view.blank import blank_html, html_pane
from minian_web.view.links import TITLES, href
from minian_web.view.session import Shell

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.catalog import Entry

MOST = 12
TEXT = "Choose a dataset: type a part of its name into the field at the top, or press /."


def choose(shell: Shell, runtime: Runtime) -> pn.viewable.Viewable:
    """Ask for a dataset and list the first ones, once they are known."""
    pane = html_pane(blank_html(TITLES[shell.page], TEXT))

    def show(entries: Iterable[Entry]) -> None:
        links = [(entry.id, href(shell.page, entry.id)) for entry in entries]
        more = [("All datasets", href("home"))]
        pane.object = blank_html(TITLES[shell.page], TEXT, links=[*links, *more])

    runtime.jobs.run(
        lambda _tick: _first(runtime, movies=shell.page == "movie_viewer"),
        done=show,
        failed=shell.unexpected,
        deliver=shell.deliver,
        short=True,
        name="first datasets",
    )
    return pane


def _first(runtime: Runtime, *, movies: bool) -> list[Entry]:
    usable = (entry for entry in runtime.catalog.entries() if movies or entry.kind == "dataset")
    return matching(usable, "", MOST)
