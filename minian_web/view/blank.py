"""Text instead of a page's body: what is missing, and where to go."""

from __future__ import annotations

import html
from collections.abc import Iterable

import panel as pn

from minian_web import assets


def blank(title: str, text: str, items: Iterable[str] = (), links: Iterable[tuple[str, str]] = ()) -> pn.pane.HTML:
    """Make a page's body that explains what is missing; see `blank_html`."""
    return html_pane(blank_html(title, text, items, links))


def blank_html(title: str, text: str, items: Iterable[str] = (), links: Iterable[tuple[str, str]] = ()) -> str:
    """Write a title, a sentence, the lines of a list, and links; everything is escaped.

    Parameters
    ----------
    items
        Lines of a list.
    links
        Pairs of text and address.
    """
    lines = "".join(f"<li>{html.escape(item)}</li>" for item in items)
    anchors = "".join(f'<li><a href="{html.escape(to)}">{html.escape(name)}</a></li>' for name, to in links)
    lists = "".join(
        f'<ul class="{kind}">{all_of}</ul>' for kind, all_of in (("items", lines), ("links", anchors)) if all_of
    )
    return f'<div class="blank"><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{lists}</div>'


def html_pane(content: str) -> pn.pane.HTML:
    """Show escaped HTML in the product's type and colours."""
    return pn.pane.HTML(content, stylesheets=[assets.text("pane.css")], sizing_mode="stretch_width", margin=0)
