"""One variable of a dataset, whatever kind of file holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minian_web.errors import BadRequest, DataError
from minian_web.store.texts import as_str

Part = slice | int | np.ndarray
_WHOLE = 1e-9


@dataclass(frozen=True, eq=False)
class Variable:
    """An array on named dimensions, read on demand.

    Attributes
    ----------
    name, dims, shape, dtype, chunks, attrs
        As stored; text has dtype object.
    path
        Where to look: the folder of the zarr array, or the netCDF file.
    form
        "zarr" or "netcdf".
    listed
        Names of the coordinates that the variable's own attribute, or its group's, lists.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    chunks: tuple[int, ...]
    path: Path
    attrs: dict[str, Any]
    form: str
    listed: tuple[str, ...]
    _read: Callable[[tuple[Part, ...]], np.ndarray] = field(repr=False)
    _siblings: Mapping[str, Variable] = field(repr=False)

    @property
    def group(self) -> Path:
        """The zarr group that holds the array, or the netCDF file."""
        return self.path.parent if self.form == "zarr" else self.path

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return dict(zip(self.dims, self.shape, strict=True))

    def read(self, index: tuple[Part, ...] = ()) -> np.ndarray:
        """Values as stored; slices, integers or integer arrays for the leading dimensions.

        Raises
        ------
        DataError
            If a chunk cannot be decoded, naming its file.
        """
        return self._read(index)

    def select(self, where: Mapping[str, Part], order: tuple[str, ...]) -> np.ndarray:
        """Values at places of some dimensions, the others whole.

        Parameters
        ----------
        where
            Dimension to slice, integer (drops the dimension) or array of distinct integers in any order.
        order
            The dimensions that are left, in the order wanted.

        Raises
        ------
        DataError
            If other dimensions are left than those of `order`.
        """
        left = tuple(dim for dim in self.dims if not isinstance(where.get(dim), int))
        if sorted(left) != sorted(order):
            raise DataError(
                self.path, f"dimensions {', '.join(order)}", f"dimensions {', '.join(left) or 'without names'}"
            )
        values = self._read(tuple(where.get(dim, slice(None)) for dim in self.dims))
        return values.transpose([left.index(dim) for dim in order])

    def companion(self, name: str) -> Variable | None:
        """A variable stored beside this one (a coordinate of it), None when there is none."""
        return self._siblings.get(name)

    def coords(self) -> tuple[str, ...]:
        """Names of the coordinates stored beside it: those of its dimensions, 0-d ones and listed ones."""
        return tuple(name for name, other in self._siblings.items() if name != self.name and self._is_coordinate(other))

    def _is_coordinate(self, other: Variable) -> bool:
        if other.name in self.dims:
            return True
        return (not other.shape or other.name in self.listed) and set(other.dims) <= set(self.dims)

    def coordinate(self, dim: str) -> np.ndarray:
        """Coordinate values of a dimension: as stored, text as str.

        Raises
        ------
        DataError
            If the dimension has no coordinate, or one of another length.
        """
        other = self._siblings.get(dim)
        if other is None or dim not in self.dims:
            raise DataError(self.path, f"a variable with the coordinate {dim}", self._described())
        if other.shape != (self.sizes[dim],):
            raise DataError(other.path, f"{self.sizes[dim]} values, as {self.name} has", f"shape {other.shape}")
        values = other.read()
        return as_str(values) if values.dtype.kind in "OSU" else values

    def _described(self) -> str:
        dims = ", ".join(self.dims) if self.dims else "dimensions without names"
        return f"{self.name} ({dims}) with coordinates {', '.join(self.coords()) or 'none'}"

    def scalars(self) -> dict[str, str]:
        """0-d coordinates as text: animal, session and the like."""
        found = {name: self._siblings[name] for name in self.coords() if not self._siblings[name].shape}
        return {name: str(as_str(other.read())[()]) for name, other in found.items()}

    def unit_ids(self) -> np.ndarray:
        """Unit ids in stored order, `(n,)` int64, neither sorted nor gap-free.

        Raises
        ------
        DataError
            If there are none, or they are not distinct whole numbers.
        """
        values = self.coordinate("unit_id")
        place = self._siblings["unit_id"].path
        if values.dtype.kind not in "iuf" or not np.all(np.abs(values - np.round(values)) < _WHOLE):
            raise DataError(place, "whole numbers as unit ids", f"{values.dtype} {values[:5]}")
        ids = np.round(values).astype(np.int64)
        if len(np.unique(ids)) != len(ids):
            raise DataError(place, "distinct unit ids", f"{len(ids) - len(np.unique(ids))} repeated")
        return ids


def positions(stored: np.ndarray, wanted: np.ndarray, what: str = "this data") -> np.ndarray:
    """Places of the wanted unit ids among the stored ones.

    Raises
    ------
    BadRequest
        Naming the units that are not there.
    """
    order = np.argsort(stored, kind="stable")
    at = np.searchsorted(stored, wanted, sorter=order)
    found = order[np.minimum(at, len(order) - 1)] if len(order) else np.zeros(len(wanted), np.int64)
    bad = stored[found] != wanted if len(order) else np.ones(len(wanted), bool)
    if bad.any():
        raise BadRequest(f"{what} has no unit {', '.join(str(unit) for unit in np.asarray(wanted)[bad][:10])}")
    return found
