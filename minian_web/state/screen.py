"""One movie on the screen: its brightness and its boxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import BadRequest
from minian_web.state.boxes import BoxesState

if TYPE_CHECKING:
    from minian_web.store.movies import Playable
    from minian_web.store.pairing import Pairing

CONTRASTS = ("auto", "full", "numbers")
Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Shown:
    """A movie that the page shows.

    Attributes
    ----------
    frame_rate
        Frames a second as recorded, None when nobody has said.
    cells
        True when the dataset has cells to review.
    pixel_size
        Micrometres a pixel, None when nobody has said.
    """

    pairing: Pairing
    frame_rate: float | None
    cells: bool
    pixel_size: float | None = None

    @property
    def movie(self) -> Playable:
        """The movie itself."""
        return self.pairing.movie


class Screen(param.Parameterized):
    """How one movie is shown.

    Parameters
    ----------
    boxes
        Boxes drawn on it.
    find
        Called with the movie and a function that takes the colour limits when they are found.
    """

    contrast: Any = param.Selector(
        default="auto", objects=list(CONTRASTS), check_on_set=True, doc="Input: where the colour limits come from"
    )
    numbers = param.Parameter((0.0, 255.0), doc="Input: colour limits of the contrast `numbers`")
    colormap = param.String("gray", doc="Input: name of the colormap")

    shown = param.ClassSelector(class_=Shown, allow_None=True, doc="Output: the movie that is shown")
    limits = param.Parameter(None, doc="Output: low and high colour limit, None for the whole range")
    message = param.String(doc="Output: why limits that were asked for are not used")

    def __init__(self, boxes: BoxesState, find: Callable[[Playable, Callable[[Limits], None]], None]) -> None:
        super().__init__()
        self.boxes, self._find = boxes, find
        self._auto: Limits | None = None
        self.param.watch(lambda *_: self._set_limits(), ["contrast", "numbers"])

    @property
    def movie(self) -> Playable | None:
        """The movie that is shown."""
        return None if self.shown is None else self.shown.movie

    @property
    def required(self) -> Shown:
        """What is shown; only asked for of a screen that is on the page."""
        if self.shown is None:
            raise BadRequest("this screen shows no movie")
        return self.shown

    def show(self, shown: Shown, reason: str = "") -> None:
        """Show a movie; `reason` says why its boxes cannot be saved, if so."""
        self._auto = None
        self.param.update(limits=self.numbers if self.contrast == "numbers" else None, shown=shown, message="")
        self.boxes.show(shown.movie, shown.pairing.key, reason)
        self.find_limits()

    def find_limits(self) -> None:
        """Look for the limits of the contrast `auto`, where they are not known."""
        movie = self.movie
        if movie is not None and self._auto is None:
            self._find(movie, lambda found: self._keep(movie, found))

    def _keep(self, movie: Playable, limits: Limits) -> None:
        if self.movie is movie:
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
