"""State of the Parameter Explorer: the dataset, what there is to try on, and the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job
from minian_web.state.explorer_step import StepState
from minian_web.state.explorer_steps.base import Step
from minian_web.state.explorer_steps.mixture import Mixture
from minian_web.state.explorer_steps.motion import Motion
from minian_web.state.explorer_steps.preprocess import Preprocess
from minian_web.state.explorer_steps.seeds import Seeds
from minian_web.state.explorer_steps.spatial import Spatial
from minian_web.state.explorer_steps.temporal import Temporal
from minian_web.store.pipeline_source import Source

if TYPE_CHECKING:
    from minian_web.runtime import Runtime

STEPS: tuple[type[Any], ...] = (Preprocess, Motion, Seeds, Mixture, Spatial, Temporal)
NAMES = tuple(str(one.name) for one in STEPS)
FIRST_UNITS = 5


class ExplorerState(param.Parameterized):
    """One browser session at the steps of one dataset."""

    dataset = param.String(doc="Input: id of the dataset")
    step: Any = param.Selector(
        default=NAMES[0], objects=list(NAMES), check_on_set=True, doc="Input: step that is shown"
    )
    reviewer = param.String(doc="Input: who saves runs")
    source = param.ClassSelector(class_=Source, allow_None=True, doc="Output: what the steps start from")
    units = param.List(default=[], item_type=int, doc="Output: unit ids of the dataset, in the order of its results")
    n_frames = param.Integer(0, doc="Output: frames of the first movie")
    error = param.String(doc="Output: why nothing can be shown")

    def __init__(self, runtime: Runtime, deliver: Deliver, **inputs: Any) -> None:
        super().__init__(**inputs)
        self._runtime, self._deliver = runtime, deliver
        self._job: Job | None = None
        self.steps: dict[str, StepState] = {}

    def open(self) -> None:
        """Open the dataset and look what lies around it."""
        if self.dataset:
            self._job = self._runtime.jobs.run(
                lambda _tick: self._opened(),
                done=self._show,
                failed=self._fail,
                deliver=self._deliver,
                short=True,
                name="open for exploring",
            )

    def _opened(self) -> tuple[Source, list[int], int]:
        dataset, entry = self._runtime.dataset(self.dataset), self._runtime.catalog.entry(self.dataset)
        source = Source(dataset, self._runtime.movies(self.dataset), self._runtime.catalog.around(entry))
        counts = [one.movie.n_frames for one in source.pairings if one.movie.name in source.movie_names]
        return source, np.sort(dataset.stored_units).tolist(), max(counts, default=0)

    def _show(self, found: tuple[Source, list[int], int]) -> None:
        source, units, frames = found
        self.param.update(error="", units=units, n_frames=frames, source=source)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, MinianWebError | OSError):
            raise error
        self.error = str(error)

    def of(self, name: str) -> StepState:
        """Give the state of a step, made when it is first asked for."""
        if name not in self.steps:
            step: Step = dict(zip(NAMES, STEPS, strict=True))[name]()
            made = StepState(step, self._runtime, self._deliver, self.dataset)
            made.source = self.source
            made.units = self.units[:FIRST_UNITS]
            made.position = self.n_frames // 2
            made.start = next(iter(made.starts), "")
            self.steps[name] = made
        return self.steps[name]

    def close(self) -> None:
        """The page was left."""
        for one in self.steps.values():
            one.close()
