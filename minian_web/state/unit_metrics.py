"""Metrics of the units under review, computed in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job
from minian_web.model.decisions import Decisions
from minian_web.model.metrics import Metrics
from minian_web.store.facts import read_facts
from minian_web.store.metrics import movie_match, read_metrics

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.state.review_data import Opened

__all__ = ["UnitMetrics", "rows_of"]


class UnitMetrics(param.Parameterized):
    """What the table of units shows beside the decisions."""

    metrics = param.ClassSelector(class_=Metrics, allow_None=True, doc="Output: metrics so far")
    frame_rate = param.Number(None, allow_None=True, doc="Output: frames a second, None when nobody has said")
    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of the metrics is done")
    doing = param.String("Metrics", doc="Output: what the progress is of")
    error = param.String(doc="Output: why the metrics could not be computed")

    def __init__(self, runtime: Runtime, deliver: Deliver) -> None:
        super().__init__()
        self._runtime, self._deliver = runtime, deliver
        self._opened: Opened | None = None
        self._movie = ""
        self._jobs: list[Job] = []

    def begin(self, opened: Opened, movie: str) -> None:
        """Compute the metrics of a session, those that need the movie last."""
        self.close()
        self._opened, self._movie = opened, movie
        dataset, key = opened.dataset, opened.key
        self.param.update(progress=0.0, doing="Metrics")
        self._run(
            lambda tick: (read_metrics(dataset, key, tick), read_facts(dataset).frame_rate), self._computed, "metrics"
        )

    def follow_movie(self, movie: str) -> None:
        """Compare the footprints with another movie."""
        if movie != self._movie:
            self._movie = movie
            if self.metrics is not None:
                self._match()

    def close(self) -> None:
        """Stop what runs."""
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        self._opened = None
        self.param.update(metrics=None, progress=None, error="")

    def _run(self, work: Any, done: Any, name: str) -> None:
        job = self._runtime.jobs.run(
            work,
            done=done,
            failed=self._failed,
            progress=self._progressed,
            deliver=self._deliver,
            name=name,
        )
        self._jobs.append(job)

    def _computed(self, found: tuple[Metrics, float | None]) -> None:
        metrics, rate = found
        self.param.update(metrics=metrics, frame_rate=rate, progress=None)
        self._match()

    def _match(self) -> None:
        opened, name = self._opened, self._movie
        if opened is None or not name:
            return
        self.param.update(progress=0.0, doing="Comparing footprints with the movie")

        def compare(tick: Any) -> np.ndarray:
            movie = self._runtime.movie(opened.dataset.id, name)
            return movie_match(opened.dataset, movie, opened.key, tick, self._runtime.frames.big_reads)

        self._run(compare, lambda found: self._matched(name, found), "compare footprints with the movie")

    def _matched(self, name: str, found: np.ndarray) -> None:
        if name == self._movie and self.metrics is not None:
            self.param.update(metrics=self.metrics.with_columns({"movie_match": found}), progress=None)

    def _progressed(self, fraction: float, *_: object) -> None:
        self.progress = min(fraction, 1.0)

    def _failed(self, error: Exception) -> None:
        self.param.update(progress=None, error=f"Metrics stop here. {error}")
        if not isinstance(error, MinianWebError | OSError):
            raise error


def rows_of(
    decisions: Decisions, metrics: Metrics | None, notes: Mapping[int, str], frame_rate: float | None
) -> dict[str, np.ndarray]:
    """Columns of the table of units, `(n,)` each in stored order: unit, status, cell, metrics, note.

    `event_rate` is a minute where the frame rate is known, else in 1,000 frames.
    """
    units = decisions.unit_ids
    columns: dict[str, np.ndarray] = {
        "unit": units,
        "status": decisions.statuses(),
        "cell": decisions.labels_array,
    }
    if metrics is not None and np.array_equal(metrics.unit_ids, units):
        columns |= metrics.columns
        if frame_rate and "event_rate" in columns:
            columns["event_rate"] = columns["event_rate"] * frame_rate * 60 / 1000
    columns["note"] = np.array([notes.get(unit, "") for unit in units.tolist()], dtype=object)
    return columns
