"""Results of a step, one below the other, drawn as they come."""

from __future__ import annotations

from typing import Any

import panel as pn

from minian_web.model.pipeline.outcomes import Outcome
from minian_web.state.explorer_step import StepState
from minian_web.view.explorer.cards import MOST, Zoom, head, html_pane, names_that_differ, wrapped

EMPTY = "Choose parameters, several values to compare, and press Run."


class Results:
    """Draws the outcomes of a step; what an outcome looks like is said by `figures`.

    Only what is new is drawn; everything is drawn anew when results went away or other parameters differ.
    """

    wide = False  # True: cards lie side by side and wrap

    def __init__(self, state: StepState) -> None:
        self.state = state
        self.zoom = Zoom()
        self._drawn: list[Outcome] = []
        self._names: list[tuple[str, str]] = []
        self._empty = html_pane(f'<div class="empty">{EMPTY}</div>')
        self._more = html_pane("", visible=False)
        self._cards = wrapped() if self.wide else pn.Column(sizing_mode="stretch_width", margin=0)
        self.tools: list[Any] = []
        state.param.watch(lambda _event: self.show(), "outcomes")

    def pane(self) -> pn.Column:
        """Everything, to be put on the page."""
        return pn.Column(
            *self.tools,
            self._empty,
            self._cards,
            self._more,
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
            styles={"min-width": "0"},
        )

    def figures(self, outcome: Outcome) -> list[Any]:
        """Panes of one outcome that has arrays."""
        raise NotImplementedError

    def begin(self) -> None:
        """Forget what figures shared; called before everything is drawn anew."""
        self.zoom = Zoom()

    def redraw(self) -> None:
        """Draw everything anew."""
        self._drawn = []
        self._cards.objects = []
        self.begin()
        self.show()

    def show(self) -> None:
        """Draw what is new."""
        outcomes = self.state.outcomes
        names = names_that_differ(outcomes)
        if outcomes[: len(self._drawn)] != self._drawn or (names != self._names and self._drawn):
            self._names, self._drawn = names, []
            self._cards.objects = []
            self.begin()
        self._names = names
        new = range(len(self._drawn), min(len(outcomes), MOST))
        if new:
            self._cards.extend([self._card(number) for number in new])
        self._drawn = list(outcomes[: max(len(self._drawn), new.stop if new else 0)])
        self._empty.visible = not outcomes
        hidden = len(outcomes) - len(self._drawn)
        self._more.object = (
            f'<div class="empty">{hidden} more results are not drawn; they are saved all the same.</div>'
        )
        self._more.visible = hidden > 0

    def _card(self, number: int) -> pn.Column:
        outcome = self.state.outcomes[number]
        parts = self.figures(outcome) if outcome.arrays else []
        row = wrapped(*parts) if parts else pn.Spacer(height=0, margin=0)
        sizing = {} if self.wide else {"sizing_mode": "stretch_width"}
        return pn.Column(head(self.state, number, self._names), row, margin=(0, 12, 6, 4), **sizing)
