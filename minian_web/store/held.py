"""Movies of a notebook: arrays in memory or lazy ones, played as those on disk are."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.keys import Key
from minian_web.store.films import DIMS, of_array

__all__ = ["LIST_DIM", "HeldMovie", "held_movies"]

LIST_DIM = "data_var"


@dataclass(frozen=True, eq=False)
class HeldMovie:
    """An array with dimensions frame, height, width.

    Attributes
    ----------
    name
        Unique among those shown together.
    array
        Dimensions in this order.
    key
        Values of the metadata dimensions, as text.
    place
        The same values as they are: the key of its mask.
    """

    name: str
    array: xr.DataArray
    key: Key = ()
    place: tuple[Any, ...] = ()
    guard: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def variable(self) -> str:
        """Short name."""
        return self.name

    @property
    def frames(self) -> np.ndarray:
        """Coordinates of the frames."""
        return np.asarray(self.array["frame"].values)

    @property
    def heights(self) -> np.ndarray:
        """Coordinates of the rows."""
        return np.asarray(self.array["height"].values)

    @property
    def widths(self) -> np.ndarray:
        """Coordinates of the columns."""
        return np.asarray(self.array["width"].values)

    @property
    def identity(self) -> tuple[str, str]:
        """What tells its frames from those of every other movie."""
        return "", self.guard

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.array.sizes["frame"])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.array.sizes["height"])

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.array.sizes["width"])

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.array.dtype

    @property
    def chunk(self) -> int:
        """Frames of a chunk."""
        return max(1, int(self.array.chunksizes["frame"][0])) if self.array.chunks else 1

    def read(self, part: slice | int) -> np.ndarray:
        """Values of some frames, or of one."""
        return np.asarray(self.array.isel(frame=part).values)


def held_movies(varr: Any, meta_dims: Sequence[str] | None = None) -> list[HeldMovie]:
    """Movies of what a user has given to look at.

    Parameters
    ----------
    varr
        One array, a list of arrays with distinct names, or a dataset; it is not changed.
    meta_dims
        Of a dataset: dimensions that tell its movies apart. Frames, rows and columns that are NaN all over belong to
        another movie of the dataset and are left out.

    Raises
    ------
    NotImplementedError
        If it is none of these.
    BadRequest
        If an array has other dimensions, or names are missing or equal; names them.
    """
    if isinstance(varr, xr.DataArray):
        return [_held(varr, str(varr.name or "movie"), {})]
    if isinstance(varr, list):
        return _listed(varr)
    if isinstance(varr, xr.Dataset):
        return _told_apart(varr, list(meta_dims or ()))
    raise NotImplementedError(f"expected an xarray.DataArray, a list of them, or an xarray.Dataset, found {type(varr)}")


def _listed(arrays: list[Any]) -> list[HeldMovie]:
    if wrong := [type(one).__name__ for one in arrays if not isinstance(one, xr.DataArray)]:
        raise NotImplementedError(f"expected a list of xarray.DataArray, found {', '.join(wrong)} in it")
    names = [one.name for one in arrays]
    if not arrays or None in names or len(set(names)) < len(names):
        raise BadRequest(f"a list of arrays needs a name of its own for each, found {names}")
    return [_held(one, str(one.name), {LIST_DIM: one.name}) for one in arrays]


def _told_apart(dataset: xr.Dataset, meta_dims: list[str]) -> list[HeldMovie]:
    if missing := [dim for dim in meta_dims if dim not in dataset.dims]:
        raise BadRequest(f"meta_dims: the dataset has no dimension {', '.join(missing)}, only {list(dataset.dims)}")
    movies = {str(name): one for name, one in dataset.data_vars.items() if set(DIMS) <= set(one.dims)}
    if not movies:
        raise BadRequest(f"the dataset holds no variable with dimensions {', '.join(DIMS)}")
    several = len(movies) > 1
    return [
        movie
        for name, array in movies.items()
        for movie in _places(name, array, [dim for dim in meta_dims if dim in array.dims], named=several)
    ]


def _places(name: str, array: xr.DataArray, dims: list[str], *, named: bool) -> Iterator[HeldMovie]:
    """The movies of one variable: one for each place on the metadata dimensions that holds anything."""
    if left := set(map(str, array.dims)) - {*DIMS, *dims}:
        raise BadRequest(f"{name}: has dimensions {', '.join(sorted(left))} that are not among meta_dims {dims}")
    for values in itertools.product(*(array[dim].values for dim in dims)):
        place = dict(zip(dims, values, strict=True))
        one = _trimmed(array.sel(place)) if dims else array
        if one.size:
            whole = {**({LIST_DIM: name} if named else {}), **{dim: _plain(value) for dim, value in place.items()}}
            yield _held(one, " / ".join(map(str, whole.values())) or name, whole)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _trimmed(array: xr.DataArray) -> xr.DataArray:
    """Leave out frames, rows and columns that are NaN all over."""
    if array.dtype.kind != "f":
        return array
    filled = array.notnull().compute()
    for dim in DIMS:
        others = [one for one in DIMS if one != dim]
        array = array.isel({dim: np.flatnonzero(filled.any(others).values)})
    return array


def _held(array: xr.DataArray, name: str, place: dict[str, Any]) -> HeldMovie:
    film = of_array(array, name)
    if not film.n_frames or 0 in film.shape:
        raise BadRequest(f"{name}: holds no pixel, its sizes are {dict(array.sizes)}")
    key = tuple((dim, str(value)) for dim, value in place.items())
    return HeldMovie(name, array.transpose(*DIMS), key, tuple(place.values()))
