"""One result: its parameters, what is to be said of it, and its figures, which zoom together."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import holoviews as hv
import panel as pn

from minian_web import assets
from minian_web.model.pipeline.forms import Combination, differing, python_of, shown
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.state.explorer_step import StepState

_CSS = [assets.text("explorer/explorer.css")]
MOST = 16  # results that are drawn at once


class Zoom:
    """Ranges that figures of the same kind share."""

    def __init__(self) -> None:
        self._first: dict[str, Any] = {}

    def join(self, kind: str, model: Any, *, along: str = "xy") -> Any:
        """Let a figure zoom and pan together with the first one of its kind."""
        first = self._first.setdefault(kind, model)
        if first is not model:
            shared = {f"{axis}_range": getattr(first, f"{axis}_range") for axis in along}
            model.update(**shared)
        return model


def rendered(element: Any) -> Any:
    """Bokeh figure of a HoloViews element."""
    model = hv.renderer("bokeh").get_plot(element).state
    model.toolbar.logo = None
    model.toolbar.autohide = True
    for legend in model.legend:
        legend.update(label_text_font_size="11px", glyph_width=14, spacing=0, padding=3, label_standoff=4, margin=4)
    return model


def pane(model: Any, **layout: Any) -> pn.pane.Bokeh:
    """Give a figure as a pane."""
    return pn.pane.Bokeh(model, **{"margin": (0, 8, 0, 0), **layout})


def wrapped(*objects: Any) -> pn.Row:
    """Row that goes on below when it is full; Panel's FlexBox evaluates strings, which pages forbid."""
    return pn.Row(*objects, sizing_mode="stretch_width", margin=0, styles={"flex-wrap": "wrap", "min-width": "0"})


def head(state: StepState, number: int, names: Sequence[tuple[str, str]]) -> pn.pane.HTML:
    """Parameters of a result (those that differ first), what came of it, and its Python."""
    return html_pane(head_html(state, number, names))


def html_pane(text: str, **layout: Any) -> pn.pane.HTML:
    """Show escaped HTML in the page's type."""
    return pn.pane.HTML(text, stylesheets=_CSS, sizing_mode="stretch_width", margin=0, **layout)


def head_html(state: StepState, number: int, names: Sequence[tuple[str, str]]) -> str:
    """HTML of `head`; everything is escaped."""
    one: Outcome = state.outcomes[number]
    first = ", ".join(f"{html.escape(n)} = <b>{html.escape(v)}</b>" for n, v in _pairs(one.combination, names))
    rest = [pair for pair in _names(one.combination) if pair not in names]
    others = html.escape(", ".join(_said(name, value) for name, value in _pairs(one.combination, rest)))
    origin = f" · {html.escape(one.origin)}" if one.origin else ""
    what = f'<div class="what">{first}{origin}</div>' if first or origin else ""
    facts = f'<div class="facts">{html.escape(" · ".join(one.facts))}</div>' if one.facts else ""
    error = f'<div class="error" role="alert">{html.escape(one.error)}</div>' if one.error else ""
    code = html.escape(python_of(state.step.sections, one.combination))
    python = f"<details><summary>copy as Python</summary><pre>{code}</pre></details>" if code and not one.error else ""
    return f'<div class="card">{what}{facts}{error}<div class="rest">{others}</div>{python}</div>'


def _names(one: Combination) -> list[tuple[str, str]]:
    return [(section, name) for section, values in one.items() for name in values]


def _pairs(one: Combination, names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = [(name, shown(one[section][name])) for section, name in names if name in one.get(section, {})]
    return [(name, value) for name, value in pairs if (name, value) != ("method", "on")]


def _said(name: str, value: str) -> str:
    return value if name == "method" else f"{name} = {value}"


def names_that_differ(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Section and name of the parameters in which results differ."""
    return differing([one.combination for one in outcomes])
