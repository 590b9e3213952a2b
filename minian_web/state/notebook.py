"""What a runtime is to the pages, for arrays of a notebook: nothing is on disk, nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from minian_web.errors import DatasetNotFound
from minian_web.jobs import Jobs
from minian_web.model.boxes import Box
from minian_web.model.frame_statistics import NAMES
from minian_web.model.keys import Key
from minian_web.settings import Settings
from minian_web.state.movie import About
from minian_web.store.frames import Frames
from minian_web.store.held import HeldMovie, held_movies
from minian_web.store.pairing import Pairing

__all__ = ["TITLE", "Mask", "Notebook", "summary_names"]

TITLE = "notebook"
Mask = dict[tuple[Any, ...], dict[str, slice]]


def summary_names(summary: Sequence[str] | None) -> list[str]:
    """Check names of statistics.

    Raises
    ------
    ValueError
        If one is unknown, naming those that are known.
    """
    given = list(summary or ())
    if unknown := [name for name in given if name not in NAMES]:
        raise ValueError(f"summary: expected some of {', '.join(NAMES)}, found {', '.join(map(repr, unknown))}")
    return [name for name in NAMES if name in given]


class Notebook:
    """Arrays to look at.

    Parameters
    ----------
    varr, meta_dims
        As `held_movies` takes them.

    Attributes
    ----------
    mask
        Of each array whose mask was updated: metadata values to slices for `DataArray.sel`.
    """

    def __init__(self, varr: Any, meta_dims: Sequence[str] | None = None) -> None:
        self._movies = {movie.name: movie for movie in held_movies(varr, meta_dims)}
        self._boxes: dict[str, tuple[list[Box], str]] = {}
        self.mask: Mask = {}
        self.jobs = Jobs()
        self.frames = Frames()

    @cached_property
    def settings(self) -> Settings:
        """Without a disk cache: what would be kept there is of arrays that die with the kernel."""
        return Settings(cache_dir=None)  # type: ignore[arg-type]

    def about(self) -> About:
        """What there is to be shown."""
        return About([Pairing(movie, "paired", "", movie.key) for movie in self._movies.values()])  # type: ignore[arg-type]

    def why_not_write(self, _dataset: str) -> str:
        """Nothing is ever written, and a mask can always be kept."""
        return ""

    def movie(self, _dataset: str, name: str) -> HeldMovie:
        """Give a movie by its name."""
        if name not in self._movies:
            raise DatasetNotFound(f"there is no array named {name!r}")
        return self._movies[name]

    def dataset(self, _dataset: str) -> Any:
        """There is none."""
        raise DatasetNotFound("a notebook's arrays belong to no dataset")

    # --- masks -----------------------------------------------------------------------------------------------------

    def stored(self, movie: HeldMovie) -> tuple[list[Box], str]:
        """Boxes of an array and the name of the one that is the mask."""
        return self._boxes.get(movie.name, ([], ""))

    def store(self, movie: HeldMovie, boxes: Sequence[Box], mask: str, _key: Key) -> None:
        """Take the box that is the mask into `mask`."""
        self._boxes[movie.name] = list(boxes), mask
        chosen = [box for box in boxes if box.name == mask]
        if chosen:
            self.mask[movie.place] = {"height": slice(*chosen[0].height), "width": slice(*chosen[0].width)}
        else:
            self.mask.pop(movie.place, None)
