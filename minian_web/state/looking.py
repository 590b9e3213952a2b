"""What is looked at on the screens: frames or a projection of them, with or without the outlines of the units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job, Tick
from minian_web.state.outlines import Outlined, outlined
from minian_web.store.cache import Cache
from minian_web.store.films import of_movie
from minian_web.store.motion import Motion, motion_of
from minian_web.store.projections import PROJECTIONS, projections

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.state.screen import Shown
    from minian_web.store.movies import Playable

FRAME = "frame"
SURE = ("paired", "confirmed")


class Looking(param.Parameterized):
    """Projections and outlines of one page; computed when they are asked for."""

    show: Any = param.Selector(default=FRAME, objects=[FRAME, *PROJECTIONS], check_on_set=True, doc="Input: what")
    images = param.List(default=[], doc="Output: a projection `(height, width)` for each screen; empty for frames")
    title = param.String(doc="Output: which frames the projection is of")
    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of the projections is done")
    message = param.String(doc="Output: why a projection or the outlines are not shown")
    outlines = param.Boolean(default=True, doc="Input: whether units are outlined")
    outlined = param.ClassSelector(class_=Outlined, allow_None=True, doc="Output: the units, where there are any")

    motions = param.Boolean(default=True, doc="Input: whether the motion is shown")
    motion = param.ClassSelector(class_=Motion, allow_None=True, doc="Output: the estimated motion, where there is one")

    def __init__(self, runtime: Runtime, deliver: Deliver) -> None:
        super().__init__()
        self._runtime, self._deliver = runtime, deliver
        self._cache = Cache(runtime.settings.cache_dir)
        self._job: Job | None = None
        self._outlining: Job | None = None
        self._reading: Job | None = None

    def close(self) -> None:
        """Stop what runs."""
        for job in (self._job, self._outlining, self._reading):
            if job is not None:
                job.cancel()
        self._job = self._outlining = None

    # --- projections -----------------------------------------------------------------------------------------------

    def look_at(self, show: str, movies: list[Playable], loop: list[int]) -> None:
        """Show frames, or a projection of the loop or of the whole movies."""
        self.cancel()
        if show == FRAME or not movies:
            self.param.update(show=FRAME, images=[], title="", message="")
            return
        first, last = loop if len(loop) == 2 else (0, movies[0].n_frames - 1)
        title = f"{show} of frames {movies[0].frames[first]} to {movies[0].frames[last]}"
        self.param.update(progress=0.0, message="")
        self._job = self._runtime.jobs.run(
            lambda tick: self._projected(movies, first, last, tick),
            done=lambda found: self._show(show, title, [one[show] for one in found]),
            failed=self._failed,
            progress=self._progressed,
            deliver=self._deliver,
            name=f"projections of {movies[0].name}",
        )

    def _projected(self, movies: list[Playable], first: int, last: int, tick: Tick) -> list[dict[str, np.ndarray]]:
        found = []
        for number, movie in enumerate(movies):
            film, reads = of_movie(movie).part(first, last + 1), self._runtime.frames.big_reads
            done = number / len(movies)
            own = projections(
                film, movie.guard, lambda one, done=done: tick(done + one / len(movies)), self._cache, reads
            )
            found.append(own)
        return found

    def _show(self, show: str, title: str, images: list[np.ndarray]) -> None:
        self._job = None
        self.param.update(show=show, title=title, images=images, progress=None)

    def cancel(self) -> None:
        """Stop computing projections."""
        if self._job is not None:
            self._job.cancel()
            self.progress = None
        self._job = None

    def _progressed(self, fraction: float) -> None:
        self.progress = min(1.0, fraction)

    def _failed(self, error: Exception) -> None:
        self._job = None
        self.param.update(progress=None, message=str(error))
        if not isinstance(error, MinianWebError | OSError):
            raise error

    # --- outlines --------------------------------------------------------------------------------------------------

    def find_units(self, dataset: str, shown: Shown | None) -> None:
        """Read the units of the session that a movie shows, where it is sure that it does."""
        if self._outlining is not None:
            self._outlining.cancel()
        self._outlining = None
        if shown is None or not shown.cells or shown.pairing.status not in SURE:
            self.outlined = None
            return
        key = shown.pairing.key
        self._outlining = self._runtime.jobs.run(
            lambda _tick: outlined(self._runtime, dataset, key),
            done=lambda found: setattr(self, "outlined", found),
            failed=self._no_outlines,
            deliver=self._deliver,
            name="outlines",
        )

    def _no_outlines(self, error: Exception) -> None:
        self.message = f"The units cannot be outlined. {error}"
        if not isinstance(error, MinianWebError | OSError):
            raise error

    # --- motion ----------------------------------------------------------------------------------------------------

    def find_motion(self, dataset: str, shown: Shown | None) -> None:
        """Read the motion of the session that a movie shows, where there is one."""
        if shown is None or not shown.cells:
            return
        key = shown.pairing.key
        self._reading = self._runtime.jobs.run(
            lambda _tick: motion_of(self._runtime.dataset(dataset), key),
            done=lambda found: setattr(self, "motion", found),
            failed=self._no_motion,
            deliver=self._deliver,
            short=True,
            name="motion",
        )

    def _no_motion(self, error: Exception) -> None:
        self.message = f"The motion cannot be shown. {error}"
        if not isinstance(error, MinianWebError | OSError):
            raise error
