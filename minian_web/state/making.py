"""What can be made of the movies on the screen: projections, pictures, videos."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.model.quantise import finite_range, quantise
from minian_web.state.exporting import Exporting
from minian_web.state.looking import SURE, Looking
from minian_web.state.screen import Screen, Shown
from minian_web.state.summed import Summed

if TYPE_CHECKING:
    from minian_web.store.movies import Playable

REFERENCES, INPUT = ("varr", "varr_ref"), "Y_fm_chk"  # of the result video, as the pipeline names them


class Making(Summed):
    """What a page makes of its movies."""

    position = param.Integer(0, bounds=(0, None), doc="Input: position of the frame on the screen")
    loop = param.List(default=[], item_type=int, doc="Input: first and last position of the loop, or empty")
    movies = param.List(default=[], doc="Output: pairings of movies with the dataset")
    shown = param.ClassSelector(class_=Shown, allow_None=True, doc="Output: the movie that is shown")
    screens = param.List(default=[], item_type=Screen, doc="Output: the movies on the screen, that movie first")

    main: Screen
    looking: Looking
    exporting: Exporting | None

    def _run(self, work: Callable[..., Any], done: Callable[[Any], None], *, name: str = "") -> None:
        raise NotImplementedError

    def look_at(self, show: str) -> None:
        """Show frames, or a projection of the loop or of the whole movie."""
        if show in self.looking.param["show"].objects:
            self.looking.look_at(show, [screen.movie for screen in self.screens if screen.movie], self.loop)

    def references(self) -> tuple[Playable, Playable] | None:
        """Reference movie and input of CNMF, where both are beside the dataset and belong to it."""
        sure = {one.movie.variable: one.movie for one in reversed(self.movies) if one.status in SURE}
        reference = next((sure[name] for name in REFERENCES if name in sure), None)
        y = sure.get(INPUT)
        return None if reference is None or y is None else (reference, y)

    def still(self, number: int, take: Callable[[np.ndarray], None]) -> None:
        """Hand on what a screen shows as levels `(height, width)`, with its colour limits."""
        screen, position = self.screens[number], self.position
        movie = screen.movie
        if movie is None:
            return
        low, high = screen.limits or (None, None)
        if self.looking.images:
            image = self.looking.images[number]
            low, high = screen.numbers if screen.contrast == "numbers" else finite_range(image)
            take(quantise(image, low, high if high > low else low + 1))
            return
        self._run(lambda _tick: self._runtime.frames.read(movie, [position], low, high)[0], take, name="picture")

    def write(self, what: str, filename: str, *, on_server: bool) -> None:
        """Write a video: `loop`, `whole`, `result` (before curation) or `curated` (after it)."""
        exporting, shown, both = self.exporting, self.shown, self.references()
        if exporting is None or shown is None:
            return
        if what in ("result", "curated") and both is not None:
            curated = what == "curated"
            exporting.attempt(lambda: exporting.result(*both, shown, filename, curated=curated, on_server=on_server))
            return
        ends = (self.loop[0], self.loop[1]) if what == "loop" and self.loop else (0, shown.movie.n_frames - 1)
        limits, rate = self.main.limits, shown.frame_rate
        exporting.attempt(lambda: exporting.clip(shown.movie, ends, limits, rate, filename, on_server=on_server))
