"""A second opinion: sets of decisions of one's own, how far two of them agree, and what both say taken over."""

from __future__ import annotations

import html
import math

import panel as pn

from minian_web.model.agreement import Agreement
from minian_web.model.decisions import STATUSES
from minian_web.state.companions import Companions
from minian_web.view.shell import select
from minian_web.view.strip import Strip, text
from minian_web.view.strip import button as strip_button

__all__ = ["SetsPanel"]

BLIND = "You decide in a set of your own. It touches no array, and the others' decisions are not shown."
SHARED = "The main set is what the arrays hold. In a set of your own you judge without seeing it."


class SetsPanel:
    """Chooses the set, and compares two of them while the main one is shown."""

    def __init__(self, companions: Companions) -> None:
        self._companions = companions
        self._found: Agreement | None = None
        state = companions.review
        self._which = Strip(
            strip_button("main", "Main set", lambda: state.use_set("main")),
            strip_button("own", "A set of my own", self._own),
        )
        self._about = pn.pane.HTML(margin=(6, 0), sizing_mode="stretch_width")
        self._first = select("First", ["main"], "main", lambda _: self._compare(), width=150, margin=(6, 8, 6, 0))
        self._second = select("Second", ["main"], "main", lambda _: self._compare(), width=150, margin=(6, 0))
        self._result = pn.pane.HTML(sizing_mode="stretch_width", margin=(4, 0))
        self._acts = Strip(
            strip_button("step", "Step through disagreements", self._step),
            strip_button("adopt", "Adopt what both say", self._adopt, "Into the main set, as one action"),
            text("said"),
        )
        self._two = pn.Column(pn.Row(self._first, self._second, margin=0), self._result, self._acts, margin=0)
        self.column = pn.Column(
            self._which, self._about, self._two, scroll="y-auto", sizing_mode="stretch_both", margin=0
        )
        companions.param.watch(lambda *_: self._show(), "sets")
        state.param.watch(lambda *_: self._show(), ["label_set", "decisions"])
        self._show()

    def _own(self) -> None:
        state = self._companions.review
        if state.reviewer:
            state.use_set(state.reviewer if state.reviewer != "main" else "main (own)")
        else:
            state.message = "Give your name first, at the top of the page."

    def _show(self) -> None:
        state, sets = self._companions.review, list(self._companions.sets)
        blind = state.label_set != "main"
        self._which.change("main", on=not blind)
        self._which.change("own", on=blind)
        self._about.object = BLIND if blind else SHARED
        self._two.visible = not blind and len(sets) > 1
        if self._two.visible:
            for chooser, fallback in ((self._first, sets[0]), (self._second, sets[1])):
                if list(chooser.options) != sets:
                    chooser.param.update(options=sets, value=chooser.value if chooser.value in sets[1:] else fallback)
            self._compare()

    def _compare(self) -> None:
        first, second = self._first.value, self._second.value
        different = first != second
        self._found = self._companions.compare(first, second) if different else None
        found = self._found
        self._result.object = "Choose two different sets." if found is None else _said(first, second, found)
        self._acts.change("step", disabled=found is None or not found.disagreed)
        self._acts.change("adopt", disabled=found is None or not found.agreed)

    def _step(self) -> None:
        if self._found is not None:
            self._companions.review.go("along", self._found.disagreed)

    def _adopt(self) -> None:
        self._companions.adopt(self._first.value, self._second.value)


def _said(first: str, second: str, found: Agreement) -> str:
    kappa = "not defined" if math.isnan(found.kappa) else f"{found.kappa:.2f}"
    head = "".join(f'<th style="padding:1px 8px;font-weight:500">{status}</th>' for status in STATUSES)
    rows = "".join(
        f'<tr><td style="padding:1px 8px">{status}</td>'
        + "".join(f'<td style="padding:1px 8px;text-align:right">{count}</td>' for count in row)
        + "</tr>"
        for status, row in zip(STATUSES, found.counts.tolist(), strict=True)
    )
    return (
        f"<div>Both decided about {found.both} units: {len(found.agreed)} alike, {len(found.disagreed)} not. "
        f"Cohen's kappa: <b>{kappa}</b></div>"
        f'<table style="font-size:12px;margin-top:4px"><caption style="text-align:left;opacity:.75">'
        f"rows: {html.escape(first)}, columns: {html.escape(second)}</caption><tr><td></td>{head}</tr>{rows}</table>"
    )
