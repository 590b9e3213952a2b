"""A dataset as it is after curation, written elsewhere for minian and other programs to read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np
import xarray as xr
from dask.delayed import delayed

from minian_web.errors import BadRequest, NotWritable
from minian_web.model.cleaning import Cells, cells_of, mean_of
from minian_web.store.exports import refuse_inside
from minian_web.store.files import sync_folder, writing
from minian_web.store.layout import write_dataset
from minian_web.store.sessions import place_of

if TYPE_CHECKING:
    from minian_web.model.keys import Key
    from minian_web.store.curation import Curation
    from minian_web.store.datasets import Dataset
    from minian_web.store.variables import Variable

__all__ = ["cells_by_session", "cleaned_variables", "write_cleaned"]

Tick = Callable[[float], None]
_LABELS = "unit_labels"


def write_cleaned(
    path: Path,
    curation: Curation,
    *,
    label_set: str = "main",
    accepted_only: bool = False,
    tick: Tick = lambda _: None,
) -> dict[str, int]:
    """Write the dataset after curation: one zarr (v2) group for each variable, as minian writes and opens them.

    Discarded units are dropped; units of one cell become one, the mean over them of A, C, S, b0, c0 and YrA, named by
    the cell's label, as minian's unit_merge does. What has no units is copied.

    Parameters
    ----------
    path
        Folder to be made; it appears in one step when everything is written, or not at all.
    accepted_only
        Leave out the undecided units too.
    tick
        Called with the part done, 0..1; may raise to stop, and nothing is left then.

    Returns
    -------
    dict
        Number of `units` before and of `cells` after.

    Raises
    ------
    NotWritable
        If the path exists or cannot be written.
    BadRequest
        If it lies in the dataset, or no cell is left.
    DataError
        If a chunk cannot be read.
    """
    refuse_inside(path, curation.dataset)
    if path.exists():
        raise NotWritable(f"{path}: exists already, and nothing is overwritten")
    variables = cleaned_variables(curation, label_set=label_set, accepted_only=accepted_only, tick=tick)
    stage = path.with_name(f".minian-web-{os.getpid()}-{path.name}.tmp")
    with writing(path):
        shutil.rmtree(stage, ignore_errors=True)
        try:
            with dask.config.set(scheduler="synchronous"):
                write_dataset(stage, variables)
            if path.exists():
                raise NotWritable(f"{path}: was made by somebody else meanwhile, and nothing is overwritten")
            os.rename(stage, path)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        sync_folder(path.parent)
    return {"units": len(curation.dataset.stored_units), "cells": variables["A"].sizes["unit_id"]}


def cells_by_session(
    curation: Curation, *, label_set: str = "main", accepted_only: bool = False
) -> tuple[np.ndarray, dict[Key, Cells]]:
    """Labels of all cells that are left, ascending `(n,)` int64, and the cells of each session.

    Raises
    ------
    BadRequest
        If none is left.
    """
    found = {
        key: cells_of(curation.decisions(key, label_set), accepted_only=accepted_only) for key in curation.dataset.keys
    }
    labels = sorted({label for cells in found.values() for label in cells.labels})
    if not labels:
        raise BadRequest(f"{curation.dataset.path}: no cell is left after curation, there is nothing to write")
    return np.array(labels, np.int64), found


def cleaned_variables(
    curation: Curation, *, label_set: str = "main", accepted_only: bool = False, tick: Tick = lambda _: None
) -> dict[str, xr.DataArray]:
    """Variables of the dataset after curation, with coordinates; those of units are read when they are written."""
    dataset = curation.dataset
    labels, cells = cells_by_session(curation, label_set=label_set, accepted_only=accepted_only)
    found = dataset.container.variables
    blocks = sum(len(labels) for variable in found.values() if "unit_id" in variable.dims) * len(dataset.keys)
    counted = _Counted(tick, max(blocks, 1))
    return {
        name: _cleaned(dataset, variable, labels, cells, counted) if "unit_id" in variable.dims else _copied(variable)
        for name, variable in found.items()
    }


class _Counted:
    """Counts the blocks that were read and tells of them now and then."""

    def __init__(self, tick: Tick, total: int) -> None:
        self._tick, self._total, self._done, self._often = tick, total, 0, max(1, total // 200)

    def one(self) -> None:
        """One block more."""
        self._done += 1
        if self._done % self._often == 0 or self._done >= self._total:
            self._tick(min(self._done / self._total, 1.0))


def _copied(variable: Variable) -> xr.DataArray:
    if variable.path.is_file():  # a netCDF file is read whole
        values: Any = variable.read()
    else:
        values = da.from_array(_Lazy(variable), chunks=variable.chunks, name=False)
    return xr.DataArray(values, dims=variable.dims, coords=_coordinates(variable), name=variable.name)


class _Lazy:
    """A variable as something that dask can slice."""

    def __init__(self, variable: Variable) -> None:
        self._variable = variable
        self.shape, self.dtype, self.ndim = variable.shape, variable.dtype, len(variable.shape)

    def __getitem__(self, index: tuple[Any, ...]) -> np.ndarray:
        return self._variable.read(index)


def _cleaned(
    dataset: Dataset, variable: Variable, labels: np.ndarray, cells: Mapping[Key, Cells], counted: _Counted
) -> xr.DataArray:
    """One variable of cells, one block a cell and session."""
    rest = tuple(dim for dim in variable.dims if dim != "unit_id" and dim not in _session_dims(dataset, variable))
    order = (*_session_dims(dataset, variable), "unit_id", *rest)
    place = {unit: at for at, unit in enumerate(variable.unit_ids().tolist())}
    sizes = tuple(variable.sizes[dim] for dim in rest)
    dtype = variable.dtype if variable.dtype.kind == "f" else np.dtype(np.float64)

    def block(where: Mapping[str, int], units: tuple[int, ...]) -> np.ndarray:
        counted.one()
        present = [unit for unit in units if unit in place]
        if not present:
            return np.full(sizes, np.nan, dtype)
        read = lambda unit: variable.select({**where, "unit_id": place[unit]}, rest).astype(dtype)  # noqa: E731
        return mean_of(present, read)

    def one(where: Mapping[str, int], members: tuple[int, ...]) -> da.Array:
        return da.from_delayed(delayed(block, pure=False)(dict(where), members), shape=sizes, dtype=dtype)

    def nested(dims: tuple[str, ...], key: Key) -> da.Array:
        if not dims:
            found = cells.get(key)
            where = {dim: place_of(variable, dim, value) for dim, value in key if dim in variable.dims}
            members = found.members if found is not None else {}
            return da.stack([one(where, members.get(int(label), ())) for label in labels])
        values = [str(value) for value in variable.coordinate(dims[0])]
        return da.stack([nested(dims[1:], (*key, (dims[0], value))) for value in values])

    coords = _coordinates(variable) | {"unit_id": ("unit_id", labels)}
    data = nested(_session_dims(dataset, variable), ())
    return xr.DataArray(data, dims=order, coords=coords, name=variable.name).transpose(*variable.dims)


def _session_dims(dataset: Dataset, variable: Variable) -> tuple[str, ...]:
    """Session dimensions that a variable has, in the order of the keys."""
    return tuple(dim for dim, _ in dataset.keys[0] if dim in variable.dims)


def _coordinates(variable: Variable) -> dict[str, Any]:
    """Coordinates of the dimensions and 0-d ones; labels are used up by what is written."""
    found: dict[str, Any] = {}
    for name in variable.coords():
        other = variable.companion(name)
        if other is None or name == _LABELS or "unit_id" in other.dims:
            continue
        values = variable.coordinate(name) if name in variable.dims else other.read()
        found[name] = (other.dims, values) if other.dims else _scalar(variable, name, values)
    return found


def _scalar(variable: Variable, name: str, values: np.ndarray) -> Any:
    return variable.scalars()[name] if values.dtype.kind in "OSU" else values[()]
