"""The home page: a table of datasets beside a look at the chosen one."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
from PIL import Image

from minian_web import assets
from minian_web.state.home import HomeState, Preview
from minian_web.state.rows import COLUMNS
from minian_web.view import shell
from minian_web.view.links import TITLES, href

WIDTHS = {
    "Animal": 88,
    "Session": 92,
    "Date": 92,
    "Units": 64,
    "Frames": 74,
    "Size": 90,
    "Reviewed": 122,
    "Movies": 72,
}
NUMBERS = ("Units", "Frames", "Movies")
PREVIEW_WIDTH = 336
FIRST_ROWS = 18  # until the browser has said how many fit
_CSS = assets.text("home.css")
_TABLE_CSS = assets.text("table.css")


class HomeView(pn.viewable.Viewer):
    """Draws a `HomeState`."""

    def __init__(self, state: HomeState, open_page: Callable[[str], None]) -> None:
        super().__init__()
        self.state = state
        self._table = _table(state.table.copy())
        self._table.on_click(lambda event: self._choose(event.row))
        self._search = shell.text_input(
            "Filter by animal, session, folder, “not yet”…",
            lambda text: state.param.update(query=text),
            sizing_mode="stretch_width",
            margin=(10, 10, 6, 16),
        )
        state.param.watch(self._redraw, "table")
        state.param.watch(self._fill, "filled")
        state.param.watch(lambda _event: self._mark(), "chosen")
        self.commands: dict[str, Callable[[], Any]] = {
            "next_dataset": lambda: state.step(1),
            "previous_dataset": lambda: state.step(-1),
            "open_review": lambda: open_page("cnmf_review") if state.chosen else None,
        }

    def __panel__(self) -> pn.viewable.Viewable:
        state = self.state
        side = pn.pane.HTML(
            pn.bind(preview_html, state.param.preview),
            stylesheets=[_CSS],
            width=PREVIEW_WIDTH,
            sizing_mode="stretch_height",
            margin=(10, 16, 12, 8),
        )
        counts = pn.pane.HTML(
            pn.bind(lambda text: f'<p class="counts">{html.escape(text)}</p>', state.param.counts),
            stylesheets=[_CSS],
            margin=(0, 16),
            sizing_mode="stretch_width",
        )
        found = pn.Row(
            pn.Column(self._search, self._table, counts, sizing_mode="stretch_both", margin=0),
            side,
            sizing_mode="stretch_both",
            margin=0,
            visible=state.param.empty.rx.len() == 0,
        )
        return pn.Column(pn.bind(_why_empty, state.param.empty), found, sizing_mode="stretch_both", margin=0)

    def _choose(self, row: int) -> None:
        self.state.chosen = str(self._table.value.index[row])

    def _redraw(self, _event: Any) -> None:
        self._table.value = self.state.table.copy()
        self._mark()

    def _fill(self, event: Any) -> None:
        shown = set(self._table.value.index)
        known = [(name, row) for name, row in event.new.items() if name in shown]
        if known:
            self._table.patch(
                {column: [(name, row[number]) for name, row in known] for number, column in enumerate(COLUMNS)}
            )

    def _mark(self) -> None:
        names = list(self._table.value.index)
        self._table.selection = [names.index(self.state.chosen)] if self.state.chosen in names else []


def _table(value: Any) -> pn.widgets.Tabulator:
    return pn.widgets.Tabulator(
        value,
        pagination="remote",
        page_size=None,
        initial_page_size=FIRST_ROWS,
        sizing_mode="stretch_both",
        min_height=320,
        theme="simple",
        show_index=False,
        disabled=True,
        selectable=1,
        widths=WIDTHS,
        layout="fit_columns",
        text_align=dict.fromkeys(NUMBERS, "right"),
        header_align=dict.fromkeys(NUMBERS, "right"),
        formatters={column: {"type": "plaintext"} for column in COLUMNS},
        stylesheets=[_TABLE_CSS],
        margin=(0, 8, 0, 16),
    )


def _why_empty(lines: list[str]) -> pn.viewable.Viewable:
    return shell.blank(lines[0], lines[1], lines[2:]) if lines else pn.Spacer(height=0)


def preview_html(preview: Preview | None) -> str:
    """Draw the chosen dataset as escaped HTML with links that open it."""
    if preview is None:
        return '<div class="card none"><p>Choose a dataset to look at it.</p></div>'
    name = preview.entry.id
    problem = preview.problem or (preview.details.problem if preview.details else "") or ""
    pages = [page for page in TITLES if page != "home"]
    if preview.entry.kind != "dataset":
        pages = ["movie_viewer"]
    parts = [
        f"<h2>{html.escape(name)}</h2>",
        f'<p class="problem" role="alert">{html.escape(problem)}</p>' if problem else _picture(preview),
        "" if problem else _links(pages, name),
        "" if problem else _facts(preview),
    ]
    return f'<div class="card">{"".join(parts)}</div>'


def _links(pages: list[str], name: str) -> str:
    main = "cnmf_review" if "cnmf_review" in pages else pages[0]
    anchors = (
        f'<a class="{"main" if page == main else "other"}" href="{html.escape(href(page, name))}">{TITLES[page]}</a>'
        for page in sorted(pages, key=lambda page: page != main)
    )
    return f'<div class="links">{"".join(anchors)}</div>'


def _picture(preview: Preview) -> str:
    if preview.entry.kind != "dataset":
        return ""
    if preview.image is None:
        words = "No maximum projection is stored" if preview.labels else "Opening…"
        return f'<div class="picture none">{words}</div>'
    height, width = preview.image.shape
    return (
        f'<div class="picture"><img src="{png(preview.image)}" width="{width}" height="{height}" '
        f'alt="Maximum projection of {html.escape(preview.entry.id)}"></div>'
    )


def _facts(preview: Preview) -> str:
    details, facts = preview.details, []
    if details is not None and preview.entry.kind == "dataset":
        facts.append(("Recording", f"{details.frames} frames of {details.height} × {details.width} pixels"))
        facts.append(("Units", _counts(details)))
    facts.append(("Movies", _movies(preview)))
    if preview.labels:
        facts.append(("Saved in" if preview.writable else "Read-only", preview.labels))
    facts += [("Note", notice) for notice in preview.notices]
    return f"<dl>{''.join(f'<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>' for name, text in facts)}</dl>"


def _counts(details: Any) -> str:
    names = ("kept", "discarded", "merged", "undecided")
    parts = [f"{getattr(details, name)} {name}" for name in names if getattr(details, name)]
    return f"{details.units}: {', '.join(parts)}" if parts else f"{details.units}"


def _movies(preview: Preview) -> str:
    if preview.movies is None:
        return "looking for them…"
    if not preview.movies:
        return "none that belongs to it"
    return "\n".join(
        pairing.movie.name + (" (to be confirmed)" if pairing.status == "unsure" else "") for pairing in preview.movies
    )


def png(image: np.ndarray) -> str:
    """Give a `(height, width)` uint8 image as a `data:` address."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
