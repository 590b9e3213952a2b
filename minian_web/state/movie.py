"""State of the Movie Viewer: which movie, which frame, how bright, and the statistics of its frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
import param

from minian_web.errors import DataError, MinianWebError, NotWritable
from minian_web.jobs import Deliver, Job, Tick
from minian_web.state.about import About
from minian_web.state.boxes import BoxesState, Keeper
from minian_web.state.exporting import Exporting
from minian_web.state.looking import FRAME, SURE, Looking
from minian_web.state.making import Making
from minian_web.state.screen import CONTRASTS, Screen, Shown
from minian_web.store.facts import confirm, read_facts

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.movies import Playable
    from minian_web.store.pairing import Pairing

SEPARATOR = "|"  # between names of movies in the address
MOST_BESIDE = 3

__all__ = ["CONTRASTS", "SURE", "About", "MovieState", "Screen", "Shown"]


class MovieState(Making):
    """One browser session at the movies of one dataset."""

    dataset = param.String(doc="Input: id of the dataset")
    movie = param.String(doc="Input: name of the movie shown; empty for the first that belongs to the dataset")
    frame = param.Integer(None, allow_None=True, doc="Input: frame coordinate at the last pause or seek")
    beside = param.String(doc="Input: names of the movies shown beside it, `|` between them")

    looked = param.Boolean(False, doc="Output: it is known which movies there are")
    message = param.String(doc="Output: why something asked for is not shown")
    error = param.String(doc="Output: why nothing can be shown")

    def __init__(
        self,
        runtime: Runtime,
        deliver: Deliver | None = None,
        *,
        look: Callable[[], About] | None = None,
        keeper: Keeper | None = None,
        **inputs: Any,
    ) -> None:
        self._started: WeakSet[Job] = WeakSet()
        self._look = look or self._look_on_disk
        self._keeper = keeper
        self._about = About([])
        super().__init__(runtime, deliver, **inputs)
        self.main = self._screen()
        self.looking = Looking(runtime, self._deliver)
        self.exporting = Exporting(runtime, self._deliver, lambda: self.dataset) if look is None else None
        self._spare: list[Screen] = []
        self.param.watch(lambda *_: self._arrange(), "beside")

    def _screen(self) -> Screen:
        boxes = BoxesState(
            self._runtime.jobs, self._deliver, lambda: self._runtime.why_not_write(self.dataset), self._keeper
        )
        return Screen(boxes, self._find_limits)

    @property
    def boxes(self) -> BoxesState:
        """Boxes of the first movie."""
        return self.main.boxes

    # --- which movie -----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Look for the movies of the dataset and show one."""
        if self.dataset:
            self._run(lambda _tick: self._look(), self._found, name="find movies")

    def close(self) -> None:
        """Stop what runs for this page."""
        self._stop_statistics()
        for job in list(self._started):
            job.cancel()
        self.looking.close()
        if self.exporting is not None:
            self.exporting.cancel()
        for screen in (self.main, *self._spare):
            screen.boxes.close()

    def _look_on_disk(self) -> About:
        runtime, dataset = self._runtime, self.dataset
        reason, movies = runtime.why_not_write(dataset), runtime.movies(dataset)
        if runtime.catalog.entry(dataset).kind != "dataset":
            return About(movies, read_only=reason)
        facts = read_facts(runtime.dataset(dataset))
        return About(movies, facts.frame_rate, facts.pixel_size, cells=True, read_only=reason)

    def _found(self, about: About) -> None:
        self._about = about
        self.param.update(movies=about.movies, looked=True, error="")
        if not about.movies:
            return
        named = [pairing for pairing in about.movies if pairing.movie.name == self.movie]
        if self.movie and not named:
            self._say(f"This dataset has no movie named {self.movie}.")
        self._show(named[0] if named else about.movies[0])

    def choose(self, name: str) -> None:
        """Show another movie at the same frame."""
        chosen = [pairing for pairing in self.movies if pairing.movie.name == name]
        if chosen and (self.shown is None or self.shown.movie.name != name):
            self.message = ""
            self._show(chosen[0])

    def _show(self, pairing: Pairing) -> None:
        self._stop_statistics()
        movie = pairing.movie
        self.param.update(summary=None, progress=None, summary_error="", stopped=False)
        self.position = self._position_of(self.frame, movie.frames)
        shown = self._shown_as(pairing)
        self.param.update(movie=movie.name, shown=shown, screens=[])
        self.main.show(shown, self._about.read_only)
        self.looking.look_at(FRAME, [], [])
        self._arrange()
        self._fetch_first(movie, self.position)

    def _shown_as(self, pairing: Pairing) -> Shown:
        about = self._about
        return Shown(pairing, about.frame_rate, about.cells, about.pixel_size)

    # --- side by side ----------------------------------------------------------------------------------------------

    def companions(self) -> list[Pairing]:
        """Movies that can run beside the first one: those with the same frames."""
        if self.shown is None:
            return []
        frames, name = self.shown.movie.frames, self.shown.movie.name
        return [one for one in self.movies if one.movie.name != name and np.array_equal(one.movie.frames, frames)]

    def put_beside(self, names: list[str]) -> None:
        """Show these movies beside the first one."""
        self.beside = SEPARATOR.join(names)

    def _arrange(self) -> None:
        """Put the movies that the page asks for beside the first one."""
        if self.shown is None:
            return
        asked = [name for name in self.beside.split(SEPARATOR) if name and name != self.movie]
        fitting = {one.movie.name: one for one in self.companions()}
        if wrong := [name for name in asked if name not in fitting]:
            self._say(f"{', '.join(wrong)} cannot be shown beside {self.movie}: no movie with the same frames.")
        chosen = [fitting[name] for name in dict.fromkeys(asked) if name in fitting][:MOST_BESIDE]
        while len(self._spare) < len(chosen):
            self._spare.append(self._screen())
        for screen, pairing in zip(self._spare, chosen, strict=False):
            if screen.movie is not pairing.movie:
                screen.show(self._shown_as(pairing), self._about.read_only)
        self.screens = [self.main, *self._spare[: len(chosen)]]

    # --- the first frame -------------------------------------------------------------------------------------------

    def _fetch_first(self, movie: Playable, position: int) -> None:
        """Decode the first frame while the browser builds the player, which asks for it and tells its errors."""
        frames = self._runtime.frames
        if not movie.n_frames:
            return

        def work(tick: Tick) -> None:
            tick(0.0)
            frames.read(movie, [position])

        self._run(work, lambda _: None, failed=lambda _error: None, name="first frame")

    def _find_limits(self, movie: Playable, take: Callable[[tuple[float, float]], None]) -> None:
        self._run(lambda _tick: self._runtime.frames.limits_of(movie), take)

    def _position_of(self, frame: int | None, frames: np.ndarray) -> int:
        """Position of a frame coordinate; the nearest one, with a message, where there is none."""
        if frame is None or not frames.size:
            return 0
        nearest = int(np.abs(frames - float(frame)).argmin())
        if frames[nearest] != frame:
            self._say(
                f"There is no frame {frame}; this movie has frames {frames[0]} to {frames[-1]}. "
                f"Frame {frames[nearest]} is shown."
            )
            self.frame = int(frames[nearest])
        return nearest

    def confirm(self) -> None:
        """Note that the shown movie belongs to the dataset, as the user says."""
        shown = self.shown
        if shown is None or not shown.cells or shown.pairing.status in SURE:
            return

        def note(_tick: Tick) -> list[Pairing]:
            if reason := self._runtime.why_not_write(self.dataset):
                raise NotWritable(reason)
            confirm(self._runtime.dataset(self.dataset), self._runtime.movie(self.dataset, shown.movie.name))
            self._runtime.forget_movies(self.dataset)
            return self._runtime.movies(self.dataset)

        self._run(note, self._confirmed, name="confirm movie")

    def _confirmed(self, movies: list[Pairing]) -> None:
        self.movies = movies
        shown = self.shown
        for pairing in movies:
            if shown is not None and pairing.movie.name == shown.movie.name:
                self.shown = self.main.shown = self._shown_as(pairing)

    # --- which frame -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Take the frame on the screen into the page's address."""
        if self.shown is not None and self.position < self.shown.movie.n_frames:
            self.frame = int(self.shown.movie.frames[self.position])

    # --- statistics ------------------------------------------------------------------------------------------------

    def _summed(self) -> Playable | None:
        for screen in self.screens:
            screen.find_limits()
        return None if self.shown is None else self.shown.movie

    # --- work ------------------------------------------------------------------------------------------------------

    def _run(
        self,
        work: Callable[[Tick], Any],
        done: Callable[[Any], None],
        *,
        failed: Callable[[Exception], None] | None = None,
        name: str = "movie",
    ) -> None:
        job = self._runtime.jobs.run(
            work, done=done, failed=failed or self._fail, deliver=self._deliver, short=True, name=name
        )
        self._started.add(job)

    def _say(self, text: str) -> None:
        self.message = f"{self.message} {text}".strip()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, MinianWebError | OSError):
            raise error
        if isinstance(error, DataError | NotWritable) and self.shown is not None:
            self._say(str(error))  # one chunk is broken, or nothing may be written: the movie can be seen
        else:
            self.param.update(error=str(error), progress=None)
