"""Statistics of all frames of the shown movie, in the background and never while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job
from minian_web.model.frame_statistics import NAMES
from minian_web.store.cache import Cache
from minian_web.store.statistics import FrameStatistics, cached_statistics, statistics

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.movies import Playable

REST = 0.5  # time left to others, as a multiple of the time that statistics work


class Summed(param.Parameterized):
    """What a state knows of all frames of its movie."""

    playing = param.Boolean(False, doc="Input: whether the movie runs")
    summary = param.ClassSelector(class_=FrameStatistics, allow_None=True, doc="Output: statistics so far")
    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of the statistics is done")
    doing = param.String("Statistics of all frames", doc="Output: what the progress is of")
    shows = param.List(list(NAMES), item_type=str, doc="Input: names of the statistics that are shown")
    stopped = param.Boolean(False, doc="Output: the user stopped the statistics")
    summary_error = param.String(doc="Output: why the statistics could not be finished")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._runtime = runtime
        self._deliver: Deliver = deliver or (lambda callback: callback())
        self._cache = Cache(runtime.settings.cache_dir)
        self._job: Job | None = None
        super().__init__(**inputs)
        self.param.watch(lambda event: self._give_way(playing=event.new), "playing")

    def deliver(self, callback: Callable[[], None]) -> None:
        """Call back on the page's thread, as soon as the browser has the page."""
        self._deliver(callback)

    def _summed(self) -> Playable | None:
        """Movie that the statistics are of."""
        raise NotImplementedError

    def summarise(self) -> None:
        """Compute the statistics of all frames in the background; called when the first frame is on the screen."""
        if self._job is not None or self.summary_error or self.stopped or not self.shows:
            return
        movie = self._summed()
        if movie is None:
            return
        if self.playing:
            self.progress = self.progress or 0.0  # begins when the movie stands still
            return
        known = cached_statistics(movie, self._cache)
        if known is not None:
            self.param.update(summary=known, progress=None)
            return
        self.progress = self.progress or 0.0
        begun = self.summary
        self._job = self._runtime.jobs.run(
            lambda tick: statistics(movie, tick, self._cache, lambda: REST, self._runtime.frames.big_reads, begun),
            done=self._summarised,
            failed=self._summary_failed,
            progress=self._progressed,
            deliver=self._deliver,
            name=f"statistics of {movie.name}",
        )

    def stop_statistics(self) -> None:
        """Compute no more of them, as the user says; what is computed stays."""
        self._stop_statistics()
        self.param.update(stopped=True, progress=None)

    def resume_statistics(self) -> None:
        """Compute the rest after all."""
        self.stopped = False
        self.summarise()

    def _give_way(self, *, playing: bool) -> None:
        """No statistics while the movie runs; afterwards they go on where they were, without holding a thread."""
        if self.progress is None:
            return
        if playing:
            self._stop_statistics()
        else:
            self.summarise()

    def _stop_statistics(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None

    def _summarised(self, found: FrameStatistics) -> None:
        self.param.update(summary=found, progress=None)

    def _progressed(self, fraction: float, *partial: FrameStatistics) -> None:
        self.param.update(progress=fraction, **({"summary": partial[0]} if partial else {}))

    def _summary_failed(self, error: Exception) -> None:
        if not isinstance(error, MinianWebError | OSError):
            raise error
        self.param.update(progress=None, summary_error=f"The statistics stop here. {error}")
