"""State of the Movie Viewer: which movie, which frame, how bright, and the statistics of its frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
import param

from minian_web.errors import DataError, MinianWebError, NotWritable
from minian_web.jobs import Deliver, Job, Tick
from minian_web.state.boxes import BoxesState
from minian_web.state.summed import Summed
from minian_web.store.facts import confirm, read_facts

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.movies import Movie
    from minian_web.store.pairing import Pairing

SURE = ("paired", "confirmed")
CONTRASTS = ("auto", "full", "numbers")


@dataclass(frozen=True, eq=False)
class Shown:
    """The movie that the page shows.

    Attributes
    ----------
    frame_rate
        Frames a second as recorded, None when nobody has said.
    cells
        True when the dataset has cells to review.
    """

    pairing: Pairing
    frame_rate: float | None
    cells: bool

    @property
    def movie(self) -> Movie:
        """The movie itself."""
        return self.pairing.movie


class MovieState(Summed):
    """One browser session at the movies of one dataset."""

    dataset = param.String(doc="Input: id of the dataset")
    movie = param.String(doc="Input: name of the movie shown; empty for the first that belongs to the dataset")
    frame = param.Integer(None, allow_None=True, doc="Input: frame coordinate at the last pause or seek")
    position = param.Integer(0, bounds=(0, None), doc="Input: position of the frame on the screen")
    contrast: Any = param.Selector(
        default="auto", objects=list(CONTRASTS), check_on_set=True, doc="Input: where the colour limits come from"
    )
    numbers = param.Parameter((0.0, 255.0), doc="Input: colour limits of the contrast `numbers`")
    colormap = param.String("gray", doc="Input: name of the colormap")

    movies = param.List(default=[], doc="Output: pairings of movies with the dataset")
    looked = param.Boolean(False, doc="Output: it is known which movies there are")
    shown = param.ClassSelector(class_=Shown, allow_None=True, doc="Output: the movie that is shown")
    limits = param.Parameter(None, doc="Output: low and high colour limit, None for the whole range")
    message = param.String(doc="Output: why something asked for is not shown")
    error = param.String(doc="Output: why nothing can be shown")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._started: WeakSet[Job] = WeakSet()
        self._auto: tuple[float, float] | None = None
        self._read_only = ""
        super().__init__(runtime, deliver, **inputs)
        self.boxes = BoxesState(runtime.jobs, self._deliver, lambda: runtime.why_not_write(self.dataset))
        self.param.watch(lambda *_: self._set_limits(), ["contrast", "numbers"])

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
        self.boxes.close()

    def _look(self) -> tuple[list[Pairing], float | None, bool]:
        entry = self._runtime.catalog.entry(self.dataset)
        self._read_only = self._runtime.why_not_write(self.dataset)
        if entry.kind != "dataset":
            return self._runtime.movies(self.dataset), None, False
        return self._runtime.movies(self.dataset), read_facts(self._runtime.dataset(self.dataset)).frame_rate, True

    def _found(self, found: tuple[list[Pairing], float | None, bool]) -> None:
        movies, self._frame_rate, self._cells = found
        self.param.update(movies=movies, looked=True, error="")
        if not movies:
            return
        named = [pairing for pairing in movies if pairing.movie.name == self.movie]
        if self.movie and not named:
            self._say(f"This dataset has no movie named {self.movie}.")
        self._show(named[0] if named else movies[0])

    def choose(self, name: str) -> None:
        """Show another movie at the same frame."""
        chosen = [pairing for pairing in self.movies if pairing.movie.name == name]
        if chosen and (self.shown is None or self.shown.movie.name != name):
            self.message = ""
            self._show(chosen[0])

    def _show(self, pairing: Pairing) -> None:
        self._stop_statistics()
        movie = pairing.movie
        self._auto = None
        self.param.update(summary=None, progress=None, summary_error="", limits=None)
        self.position = self._position_of(self.frame, movie.frames)
        self.param.update(movie=movie.name, shown=Shown(pairing, self._frame_rate, self._cells))
        self.boxes.show(movie, pairing.key, self._read_only)
        self._find_limits(movie)
        self._fetch_first(movie, self.position)

    def _fetch_first(self, movie: Movie, position: int) -> None:
        """Decode the first frame while the browser builds the player, which asks for it and tells its errors."""
        frames = self._runtime.frames
        if not movie.n_frames:
            return

        def work(tick: Tick) -> None:
            tick(0.0)
            frames.read(movie, [position])

        self._run(work, lambda _: None, failed=lambda _error: None, name="first frame")

    def _find_limits(self, movie: Movie) -> None:
        self._run(lambda _tick: self._runtime.frames.limits_of(movie), lambda found: self._keep_auto(movie, found))

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
            confirm(self._runtime.dataset(self.dataset), shown.movie)
            self._runtime.forget_movies(self.dataset)
            return self._runtime.movies(self.dataset)

        self._run(note, self._confirmed, name="confirm movie")

    def _confirmed(self, movies: list[Pairing]) -> None:
        self.movies = movies
        shown = self.shown
        for pairing in movies:
            if shown is not None and pairing.movie.name == shown.movie.name:
                self.shown = Shown(pairing, shown.frame_rate, shown.cells)

    # --- which frame -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Take the frame on the screen into the page's address."""
        if self.shown is not None and self.position < self.shown.movie.n_frames:
            self.frame = int(self.shown.movie.frames[self.position])

    # --- how bright ------------------------------------------------------------------------------------------------

    def _keep_auto(self, movie: Movie, limits: tuple[float, float]) -> None:
        if self.shown is not None and self.shown.movie is movie:
            self._auto = limits
            self._set_limits()

    def set_numbers(self, low: float | None, high: float | None) -> None:
        """Set the colour limits; refused where low is not below high."""
        if low is None or high is None or not np.isfinite([low, high]).all() or low >= high:
            self.message = "The lower limit must be a number below the upper one."
            return
        self.message = ""
        self.param.update(numbers=(float(low), float(high)), contrast="numbers")

    def _set_limits(self) -> None:
        self.limits = {"auto": self._auto, "full": None, "numbers": self.numbers}[self.contrast]

    # --- statistics ------------------------------------------------------------------------------------------------

    def _summed(self) -> Movie | None:
        if self.shown is None:
            return None
        if self._auto is None:
            self._find_limits(self.shown.movie)
        return self.shown.movie

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
