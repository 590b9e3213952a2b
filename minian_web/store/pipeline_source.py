"""What the steps of the pipeline start from: movies, footprints, traces and intermediate results of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest, DataError, MinianWebError
from minian_web.store.containers import is_group, main_variable
from minian_web.store.variables import Variable, positions

if TYPE_CHECKING:
    from minian_web.store.datasets import Dataset
    from minian_web.store.movies import Movie
    from minian_web.store.pairing import Pairing

__all__ = ["Source"]

Tick = Callable[[float], None]
_BLOCK_BYTES = 48 * 2**20
SURE = ("paired", "confirmed")


class Source:
    """A dataset with what lies around it.

    Parameters
    ----------
    dataset
        One session; a merged dataset has no intermediate results of its own.
    pairings
        Movies that may belong to it.
    folders
        Where its intermediate results may be.
    """

    def __init__(self, dataset: Dataset, pairings: Sequence[Pairing], folders: Sequence[Path]) -> None:
        if len(dataset.keys) != 1 or dataset.keys[0]:
            raise BadRequest("this dataset holds several sessions; open one of them, which has its own movies")
        self.dataset, self.pairings, self._folders = dataset, list(pairings), list(folders)

    @property
    def movie_names(self) -> list[str]:
        """Names of the movies that belong to the dataset."""
        return [one.movie.name for one in self.pairings if one.status in SURE]

    def movie(self, name: str = "", preferred: Sequence[str] = ()) -> Movie:
        """Give a movie by its name, else the first of the preferred variables, else any; of those that are sure.

        Raises
        ------
        BadRequest
            If there is none; says why movies that are there are not used.
        """
        sure = [one.movie for one in self.pairings if one.status in SURE]
        named = [one for one in sure if one.name == name]
        wanted = [one for variable in preferred for one in sure if one.variable == variable]
        if found := named or ([] if name else [*wanted, *sure]):
            return found[0]
        doubts = [f"{one.movie.name}: {one.reason}" for one in self.pairings if one.status not in SURE]
        missing = f"no movie {name}" if name else "no movie that belongs to this dataset"
        raise BadRequest(f"there is {missing}. {' '.join(doubts)}".strip())

    def blocks(self, movie: Movie, tick: Tick | None = None) -> Iterator[tuple[slice, np.ndarray]]:
        """Give the movie part by part: which frames, and `(frames, height, width)` as stored."""
        size = max(movie.height * movie.width * movie.dtype.itemsize, 1)
        step = max(_BLOCK_BYTES // size // movie.chunk, 1) * movie.chunk
        for first in range(0, movie.n_frames, step):
            if tick is not None:
                tick(first / movie.n_frames)
            frames = slice(first, min(first + step, movie.n_frames))
            yield frames, movie.read(frames)

    # --- results and intermediate results -------------------------------------------------------------------------

    @cached_property
    def _groups(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self._folders:
            if self._of_another(folder):
                continue
            try:
                groups = [one for one in sorted(folder.iterdir()) if one.suffix == ".zarr" and is_group(one)]
            except OSError:
                continue
            for group in groups:
                found.setdefault(group.stem, group)
        return found

    def _of_another(self, folder: Path) -> bool:
        """Whether the movies of a folder belong to another recording, which has overwritten the rest as well."""
        here = [one for one in self.pairings if one.movie.group.parent == folder]
        return bool(here) and not any(one.status in SURE for one in here)

    def intermediate(self, name: str) -> Variable | None:
        """Give an intermediate result of this dataset's size; None when there is none, or it is another's."""
        group = self._groups.get(name)
        if group is None:
            return None
        try:
            variable = main_variable(group)
        except MinianWebError:
            return None
        sizes = {"height": len(self.dataset.heights), "width": len(self.dataset.widths), "frame": self._n_frames}
        fits = all(sizes.get(dim, size) == size for dim, size in variable.sizes.items())
        return variable if fits else None

    @property
    def _n_frames(self) -> int:
        return len(self.dataset.frames)

    def variable(self, name: str) -> Variable | None:
        """Give a variable of the dataset, else an intermediate result; None when neither has it."""
        if self.dataset.has(name):
            return self.dataset.container.variable(name)
        return self.intermediate(name)

    def needed(self, name: str) -> Variable:
        """Give a variable; `DataError` when it is not there."""
        found = self.variable(name)
        if found is None:
            raise DataError(self.dataset.path, f"a variable {name}, there or in the intermediate folder", "none")
        return found

    def has_units(self, variable: Variable | None, units: Sequence[int]) -> bool:
        """Whether a variable is there and holds these units."""
        return variable is not None and set(units) <= set(variable.unit_ids().tolist())

    def of_units(self, variable: Variable, units: Sequence[int], dims: tuple[str, ...]) -> np.ndarray:
        """Values of some units, `(unit_id, *dims)` float64; `BadRequest` naming those that are not there."""
        at = positions(variable.unit_ids(), np.asarray(units, np.int64), variable.name)
        parts = [variable.select({"unit_id": int(place)}, dims) for place in at]
        return np.stack(parts).astype(np.float64) if parts else np.zeros((0, *(variable.sizes[dim] for dim in dims)))

    def plane(self, name: str) -> np.ndarray:
        """Give an image `(height, width)` float64."""
        return self.needed(name).select({}, ("height", "width")).astype(np.float64)

    def named(self, values: np.ndarray, dims: Sequence[str], units: Sequence[int] = ()) -> xr.DataArray:
        """Values with the coordinates of the dataset."""
        known = {"height": self.dataset.heights, "width": self.dataset.widths, "frame": self.dataset.frames}
        known["unit_id"] = np.asarray(units, np.int64)
        return xr.DataArray(values, {dim: known[dim] for dim in dims if dim in known}, dims)


def as_xarray(variable: Variable) -> xr.DataArray:
    """Read a whole variable with the coordinates of its dimensions."""
    coords = {dim: variable.coordinate(dim) for dim in variable.dims if variable.companion(dim) is not None}
    return xr.DataArray(variable.read(), coords, variable.dims)
