"""One tab of the Parameter Explorer: what was typed, what runs, what came of it, what was saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import BadRequest, MinianWebError, NotWritable
from minian_web.jobs import Deliver, Job
from minian_web.model.pipeline.forms import combinations, python_of
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.state.explorer_steps.base import Chosen, Step
from minian_web.store.pipeline_source import Source
from minian_web.store.runs import SavedRun, delete_run, open_run, runs_of_dataset, save_run

if TYPE_CHECKING:
    from minian_web.jobs import Tick
    from minian_web.runtime import Runtime

SOON = 0.02  # seconds after the last change until a live step computes
Where = Callable[[], tuple[str, str]]


class StepState(param.Parameterized):
    """A step at work on the dataset of a page."""

    methods = param.Dict(default={}, doc="Input: method by section")
    texts = param.Dict(default={}, doc="Input: what was typed, by section and parameter")
    units = param.List(default=[], item_type=int, doc="Input: units to try on")
    position = param.Integer(0, bounds=(0, None), doc="Input: position of the frame to try on")
    movie = param.String(doc="Input: name of the movie; empty for the one that the pipeline takes")
    start = param.String(doc="Input: results to start from")

    outcomes = param.List(default=[], doc="Output: results, saved and opened ones first")
    running = param.Boolean(False, doc="Output: a run is under way")
    progress = param.Number(0.0, bounds=(0, 1), doc="Output: how far it is")
    message = param.String(doc="Output: why something was refused, or what was done")
    saved = param.List(default=[], doc="Output: runs on disk that belong to this step")
    busy = param.Boolean(False, doc="Output: a run is being saved, opened or deleted")

    def __init__(self, step: Step, runtime: Runtime, deliver: Deliver, dataset: str) -> None:
        super().__init__()
        self.step, self._runtime, self._deliver, self._dataset = step, runtime, deliver, dataset
        self.source: Source | None = None
        self._job: Job | None = None
        self._reviewer = ""

    @property
    def starts(self) -> list[str]:
        """Results that this step can start from."""
        return [] if self.source is None else self.step.starts(self.source)

    # --- running -----------------------------------------------------------------------------------------------------

    def run(self, after: float = 0.0) -> None:
        """Compute all combinations of what was typed; results come one by one."""
        if self.source is None:
            return
        self._stop()
        try:
            found = combinations(self.step.sections, self.methods, self.texts)
        except BadRequest as error:
            self.param.update(running=False, message=str(error))
            return
        source = self.source
        chosen = Chosen(tuple(self.units), self.position, self.movie, self.start)
        numbered: dict[int, Outcome] = {}
        kept = [one for one in self.outcomes if one.origin]  # saved and opened ones stay to be compared with

        def work(tick: Tick) -> None:
            last = [0.0]

            def told(fraction: float) -> None:
                last[0] = fraction
                tick(fraction)

            for number, outcome in self.step.run(source, chosen, found, told):
                tick(last[0], number, outcome)

        def heard(fraction: float, number: int | None = None, outcome: Outcome | None = None) -> None:
            self.progress = min(max(fraction, 0.0), 1.0)
            if number is not None and outcome is not None:
                numbered[number] = outcome
                self.outcomes = [*kept, *(numbered[at] for at in sorted(numbered))]

        self.param.update(running=True, progress=0.0, message="")
        self._job = self._runtime.jobs.run(
            work,
            done=lambda _none: self._ended(),
            failed=self._failed,
            progress=heard,
            deliver=self._deliver,
            after=after,
            short=bool(after),
            name=f"explore {self.step.name}",
        )

    def run_soon(self) -> None:
        """Compute after the person has stopped typing or dragging for a moment."""
        self.run(SOON)

    def cancel(self) -> None:
        """Stop the run; what has come stays."""
        if self.running:
            self._stop()
            self.param.update(running=False, message="Cancelled.")

    def close(self) -> None:
        """The page was left."""
        self._stop()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _ended(self) -> None:
        new = [one for one in self.outcomes if not one.origin]
        failed = [one for one in new if one.error]
        self.param.update(running=False, progress=1.0)
        self.message = f"{len(failed)} of {len(new)} combinations failed." if failed else ""

    def _failed(self, error: Exception) -> None:
        self.running = False
        if not isinstance(error, MinianWebError | OSError):
            raise error
        self.message = str(error)

    def clear(self) -> None:
        """Take all results off the page."""
        self.param.update(outcomes=[], message="")

    def python(self, number: int) -> str:
        """Give the dictionaries of the notebook for one outcome."""
        return python_of(self.step.sections, self.outcomes[number].combination)

    # --- runs on disk ------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Look which runs of this step there are."""
        self._disk(self._runs, self._show_saved)

    def _runs(self) -> list[SavedRun]:
        entry = self._runtime.catalog.entry(self._dataset)
        return [one for one in runs_of_dataset(entry.path, entry.root) if one.step == self.step.name]

    def _show_saved(self, found: list[SavedRun]) -> None:
        self.saved = found

    def save(self, reviewer: str = "") -> None:
        """Save the results with their parameters beside the dataset."""
        outcomes = [one for one in self.outcomes if not one.origin]
        if not any(one.arrays for one in outcomes):
            self.message = "There is no new result to save."
            return

        def work() -> tuple[SavedRun, list[SavedRun]]:
            self._check_writable()
            kept = [_without(one, "traces") if self.step.name == "seeds" else one for one in outcomes]
            return save_run(
                self._runtime.catalog.entry(self._dataset).path, self.step.name, kept, reviewer
            ), self._runs()

        self._disk(work, self._was_saved)

    def _was_saved(self, found: tuple[SavedRun, list[SavedRun]]) -> None:
        run, self.saved = found
        self.outcomes = [one if one.origin else replace(one, origin=run.name) for one in self.outcomes]
        self.message = f"Saved as {run.path.name}, in {run.path.parent}."

    def open(self, name: str) -> None:
        """Show a saved run beside what is shown."""
        run = self._named(name)
        if run is not None:
            section = self.step.sections[0].name
            self._disk(lambda: open_run(run, section), self._show_opened)

    def _show_opened(self, found: list[Outcome]) -> None:
        origins = {one.origin for one in found}
        self.outcomes = [*(one for one in self.outcomes if one.origin not in origins), *found]
        self.message = ""

    def delete(self, name: str) -> None:
        """Delete a saved run."""
        run = self._named(name)
        if run is None:
            return

        def work() -> list[SavedRun]:
            self._check_writable()
            delete_run(run)
            return self._runs()

        self._disk(work, self._was_deleted)

    def _was_deleted(self, found: list[SavedRun]) -> None:
        self.param.update(saved=found, message="Deleted.")

    def _named(self, name: str) -> SavedRun | None:
        return next((one for one in self.saved if one.name == name), None)

    def _check_writable(self) -> None:
        if reason := self._runtime.why_not_write(self._dataset):
            raise NotWritable(reason)

    def _disk(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        def ended(result: Any) -> None:
            self.busy = False
            done(result)

        def failed(error: Exception) -> None:
            self.busy = False
            if not isinstance(error, MinianWebError | OSError):
                raise error
            self.message = str(error)

        self.busy = True
        self._runtime.jobs.run(
            lambda _tick: work(), done=ended, failed=failed, deliver=self._deliver, short=True, name="runs on disk"
        )


def _without(one: Outcome, name: str) -> Outcome:
    arrays = {key: array for key, array in one.arrays.items() if key != name}
    return Outcome(one.combination, arrays, one.facts, one.error, one.origin)
