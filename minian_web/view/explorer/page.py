"""The Parameter Explorer: choose parameters of the pipeline by seeing what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from minian_web.state.explorer import NAMES, STEPS, ExplorerState
from minian_web.state.explorer_step import StepState
from minian_web.view.explorer.form import LIVE, StepForm, StepTabs
from minian_web.view.explorer.preprocess import PreprocessResults
from minian_web.view.explorer.steps import MixtureResults, MotionResults, SeedResults, SpatialResults, TemporalResults

FORM_WIDTH = 300
RESULTS: dict[str, Callable[[StepState], Any]] = {
    "preprocess": PreprocessResults,
    "motion": MotionResults,
    "seeds": SeedResults,
    "mixture": MixtureResults,
    "spatial": SpatialResults,
    "temporal": TemporalResults,
}


class ExplorerView(pn.viewable.Viewer):
    """The page of an `ExplorerState`; a tab is built when it is first opened."""

    def __init__(self, state: ExplorerState) -> None:
        super().__init__()
        self.state = state
        steps = [{"name": name, "title": step.title} for name, step in zip(NAMES, STEPS, strict=True)]
        self._tabs = StepTabs(
            self._choose,
            steps=steps,
            chosen=state.step,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._built: dict[str, pn.Row] = {}
        self._body = pn.Column(sizing_mode="stretch_both", margin=0)
        self.commands: dict[str, Callable[[], Any]] = {
            "run": lambda: self._of_step(StepState.run),
            "cancel_run": lambda: self._of_step(StepState.cancel),
            "next_step": lambda: self._turn(1),
            "previous_step": lambda: self._turn(-1),
        }
        state.param.watch(lambda _event: self._show(), ["step", "source"])

    def _choose(self, name: str) -> None:
        self.state.step = name

    def _turn(self, by: int) -> None:
        self.state.step = NAMES[(NAMES.index(self.state.step) + by) % len(NAMES)]

    def _of_step(self, act: Callable[[StepState], None]) -> None:
        if self.state.source is not None:
            act(self.state.of(self.state.step))

    def _show(self) -> None:
        state = self.state
        self._tabs.chosen = state.step
        if state.source is None:
            return
        for name, built in self._built.items():
            built.visible = name == state.step
        if state.step not in self._built:
            self._built[state.step] = self._build(state.step)
            self._body.append(self._built[state.step])

    def _build(self, name: str) -> pn.Row:
        state = self.state
        step = state.of(name)
        form = StepForm(step, state.units, state.n_frames, lambda: state.reviewer, width=FORM_WIDTH - 12, margin=0)
        left = pn.Column(form, width=FORM_WIDTH, sizing_mode="stretch_height", margin=0, scroll="y-auto")
        row = pn.Row(left, RESULTS[name](step).pane(), sizing_mode="stretch_both", margin=0)
        step.look()
        if name in LIVE:
            step.run_soon()
        return row

    def __panel__(self) -> pn.Column:
        return pn.Column(self._tabs, self._body, sizing_mode="stretch_both", margin=0)
