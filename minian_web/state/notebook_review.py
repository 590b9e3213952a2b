"""What a runtime is to CNMF Review, for arrays of a notebook: decisions stay in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import xarray as xr

from minian_web.errors import BadRequest, DatasetNotFound
from minian_web.jobs import Jobs
from minian_web.settings import Settings
from minian_web.store.curation import Curation
from minian_web.store.datasets import Dataset
from minian_web.store.exports import label_csv, label_variables, label_zip
from minian_web.store.frames import Frames
from minian_web.store.held import HeldMovie, held_movies
from minian_web.store.held_dataset import HeldCuration, held_dataset
from minian_web.store.pairing import Pairing
from minian_web.store.saver import Saver

__all__ = ["NotebookReview"]

NEEDED = ("A", "C", "S", "org")
OPTIONAL = ("YrA", "b0", "c0", "max_proj")
MOVIE_DIMS = ("frame", "height", "width")


class NotebookReview:
    """Arrays to be curated.

    Parameters
    ----------
    minian
        Dataset in which what is not given is looked for.
    given
        A, C, S and org, None where `minian` has them.

    Raises
    ------
    BadRequest
        If one of A, C, S, org is in neither, naming it, or has other dimensions.
    """

    def __init__(self, minian: xr.Dataset | None, **given: xr.DataArray | None) -> None:
        found = {name: _found(name, given[name], minian) for name in NEEDED}
        org = found.pop("org")
        extra = {} if minian is None else {name: minian[name] for name in OPTIONAL if name in minian}
        labels = _labels(found["A"], minian)
        self._dataset = held_dataset({**found, **_fitting(extra, found["C"])})
        self._curation = HeldCuration(self._dataset, labels)
        self.jobs, self.frames = Jobs(), Frames()
        self._saver = Saver(self._curation, self.jobs)
        dims = [str(dim) for dim in org.dims if dim not in MOVIE_DIMS]
        movies = held_movies(org.to_dataset(name="org"), dims) if dims else held_movies(org.rename("org"))
        self._movies = {movie.name: movie for movie in movies}

    @cached_property
    def settings(self) -> Settings:
        """Without a disk cache: what would be kept there is of arrays that die with the kernel."""
        return Settings(cache_dir=None)  # type: ignore[arg-type]

    @property
    def unit_labels(self) -> xr.DataArray:
        """Labels of all units as they are now; float64 with NaN where sessions were merged."""
        return label_variables(self._curation)["unit_labels"].rename("unit_labels")

    def dataset(self, _dataset: str) -> Dataset:
        """Give the dataset."""
        return self._dataset

    def curation(self, _dataset: str) -> Curation:
        """Give the decisions."""
        return self._curation

    def saver(self, _dataset: str) -> Saver:
        """Give the way of decisions into memory."""
        return self._saver

    def movies(self, _dataset: str) -> list[Pairing]:
        """Give the movie of each session."""
        return [Pairing(one, "paired", "", self._session_of(one)) for one in self._movies.values()]  # type: ignore[arg-type]

    def _session_of(self, movie: HeldMovie) -> Any:
        names = {dim for dim, _ in self._dataset.keys[0]}
        return tuple(pair for pair in movie.key if pair[0] in names)

    def movie(self, _dataset: str, name: str) -> HeldMovie:
        """Give a movie by its name."""
        if name not in self._movies:
            raise DatasetNotFound(f"there is no movie named {name!r}")
        return self._movies[name]

    def export_labels(self, _dataset: str, form: str) -> bytes:
        """Give the labels as a file: `csv`, or `zarr` in a zip."""
        return {"csv": label_csv, "zarr": label_zip}[form](self._curation)

    def why_not_write(self, _dataset: str) -> str:
        """Why no dataset is written."""
        return "The arrays of a notebook lie in no folder."

    def sisters(self, _dataset: str) -> list[str]:
        """There are no other sessions."""
        return []

    def label_sisters(self, _dataset: str, _sisters: Sequence[str]) -> tuple[str, ...]:
        """There are no other sessions."""
        return ()


def _found(name: str, given: xr.DataArray | None, minian: xr.Dataset | None) -> xr.DataArray:
    if given is not None:
        return given
    if minian is None or name not in minian:
        where = "minian was not given either" if minian is None else f"minian holds only {', '.join(map(str, minian))}"
        raise BadRequest(f"{name} is missing: give {name}=..., {where}")
    return minian[name]


def _fitting(extra: dict[str, xr.DataArray], c: xr.DataArray) -> dict[str, xr.DataArray]:
    """Arrays of `minian` that go with the C that is used, which may have been given apart from it."""
    return {name: one for name, one in extra.items() if one.sizes.get("frame", c.sizes["frame"]) == c.sizes["frame"]}


def _labels(a: xr.DataArray, minian: xr.Dataset | None) -> xr.DataArray | None:
    """Saved labels: the coordinate of A, else the variable of `minian`."""
    if "unit_labels" in a.coords:
        return a["unit_labels"]
    return minian["unit_labels"] if minian is not None and "unit_labels" in minian else None
