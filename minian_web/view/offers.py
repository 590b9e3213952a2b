"""What the page offers to do for the reviewer: labels for sister sessions, decisions about earlier cells."""

from __future__ import annotations

import html

import panel as pn

from minian_web.state.review import ReviewState
from minian_web.view.shell import button

__all__ = ["Offers"]


class Offers:
    """Rows that appear when there is something to offer."""

    def __init__(self, state: ReviewState) -> None:
        self.state = state
        self._sisters = pn.Row(sizing_mode="stretch_width", margin=0, visible=False)
        self._carry = pn.Row(sizing_mode="stretch_width", margin=0, visible=False)
        self.rows = self._sisters, self._carry
        state.param.watch(lambda *_: self._show_sisters(), "sisters")
        state.companions.param.watch(lambda *_: self._show_carry(), "carry")

    def _show_sisters(self) -> None:
        state, names = self.state, ", ".join(self.state.sisters)
        self._sisters.visible = bool(names)
        if names:
            text = (
                "minian cannot merge sessions of which only some have labels. "
                f"These sessions of the same animal have none: {names}."
            )
            self._sisters.objects = [
                pn.pane.HTML(html.escape(text), sizing_mode="stretch_width", margin=(6, 12), align="center"),
                button("Write identity labels into them", state.label_sisters, main=True, align="center"),
                button("Not now", lambda: state.param.update(sisters=[]), align="center"),
            ]

    def _show_carry(self) -> None:
        """Offer to carry decisions about earlier cells over, saying what would change."""
        companions = self.state.companions
        offered = companions.carry
        self._carry.visible = offered is not None
        if offered is not None:
            changes = ", ".join(f"{count} {status}" for status, count in offered.changes.items() if count)
            found = offered.decided - offered.lost
            text = (
                f"The pipeline has found these cells anew. {found} of {offered.decided} decided units were found again "
                f"by their footprints: {changes} ({offered.source})."
            )
            self._carry.objects = [
                pn.pane.HTML(html.escape(text), sizing_mode="stretch_width", margin=(6, 12), align="center"),
                button("Carry the decisions over", companions.carry_over, main=True, align="center"),
                button("Not now", lambda: companions.param.update(carry=None), align="center"),
            ]
