"""Controls to compute a registration from chosen sessions; what is said where there is none."""

from __future__ import annotations

import html
from typing import Any

import panel as pn
import param

from minian_web import assets
from minian_web.state.registration import RegistrationState
from minian_web.state.registration_compute import FAR, PEER_DISTANCE
from minian_web.view.shell import button, checklist, float_slider, select, toggle

CSS = assets.text("registration.css")


class _Choice(param.Parameterized):
    distance = param.Number(PEER_DISTANCE, bounds=(0.5, FAR), step=0.1)
    labels = param.Boolean(True)


class ComputePanel(pn.viewable.Viewer):
    """Sessions, reference, distance, and the button that computes."""

    def __init__(self, state: RegistrationState) -> None:
        super().__init__()
        self._state, self._choice = state, _Choice()
        self._boxes = checklist({}, [], label="", margin=(4, 8))
        self._reference = select("Reference session", {}, None, lambda _value: None, width=300, margin=(8, 8))
        self._start = button("Compute registration", self._compute, main=True, margin=(12, 8))
        self._text = pn.pane.HTML("", stylesheets=[CSS], sizing_mode="stretch_width", margin=(4, 8))
        state.param.watch(lambda *_: self._fill(), "sisters")
        state.param.watch(lambda event: self._start.param.update(disabled=event.new), "computing")
        self._fill()

    def _fill(self) -> None:
        sisters = self._state.sisters
        several = len({member.animal for member in sisters}) > 1
        options = {
            f"{member.animal + ' ' if several else ''}{member.name}  —  {member.dataset}": at
            for at, member in enumerate(sisters)
        }
        self._boxes.param.update(options=options, value=list(options.values()))
        named = {label.partition("  —  ")[0]: at for label, at in options.items()}
        self._reference.param.update(options=named, value=0 if sisters else None)
        self._text.object = _said(self._state)
        for part in (self._boxes, self._reference, self._start):
            part.visible = len(sisters) > 1

    def _compute(self) -> None:
        sisters, chosen = self._state.sisters, sorted({at for at in self._boxes.value if isinstance(at, int)})
        members = [sisters[at] for at in chosen if 0 <= at < len(sisters)]
        reference = self._reference.value
        at = chosen.index(reference) if reference in chosen else 0
        self._state.compute(members, at, self._choice.distance, self._choice.labels)

    def __panel__(self) -> pn.Column:
        choice = self._choice
        distance = float_slider(
            choice.param.distance, "Largest distance (px)", description="", width=300, margin=(8, 12)
        )
        labels: Any = toggle(
            choice.param.labels, "Merged units are one cell, discarded ones are left out", description="", margin=(4, 8)
        )
        more = pn.Column(
            self._reference, distance, labels, self._start, margin=0, visible=self._boxes.param.visible.rx()
        )
        return pn.Column(self._text, self._boxes, more, sizing_mode="stretch_width", margin=(8, 16))


def _said(state: RegistrationState) -> str:
    sisters = state.sisters
    if len(sisters) > 1:
        return (
            "<h3>Compute a registration of these sessions</h3><p class='quiet'>Shifts are found from the max "
            "projections; cells closer than the largest distance that are each other's nearest are matched. Nothing "
            "is written until you save it.</p>"
        )
    only = html.escape(sisters[0].animal if sisters and sisters[0].animal else "")
    whose = f"of the animal “{only}”" if only else "in the same folder"
    return (
        f"<h3>There is nothing to register yet</h3><p>Only one session {whose} was found under this root. Matching "
        "needs two or more: sessions are taken for the same animal when the coordinate <code>animal</code> of their "
        "footprints agrees.</p><p class='quiet'>A registration by minian is found when <code>mappings.pkl</code> and "
        "<code>shiftds.nc</code> lie in a folder above the sessions.</p>"
    )
