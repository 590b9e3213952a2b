"""A dataset of a notebook: arrays in memory or lazy ones behind the interface of a dataset on disk."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.decisions import Decisions
from minian_web.store.cache import Cache
from minian_web.store.containers import Container
from minian_web.store.curation import Curation
from minian_web.store.datasets import MEMORY, Dataset
from minian_web.store.history import History
from minian_web.store.lines import Line
from minian_web.store.sessions import A_DIMS, frames_of, keys_of
from minian_web.store.texts import as_str
from minian_web.store.variables import Part, Variable

__all__ = ["HeldCuration", "held_dataset"]

PLACE = Path("notebook")


def held_dataset(arrays: Mapping[str, xr.DataArray], id: str = "notebook") -> Dataset:
    """Give arrays as a dataset; nothing is copied, and what is lazy is computed when it is looked at.

    Parameters
    ----------
    arrays
        By name, with at least A (unit_id, height, width and metadata dimensions), each with coordinates.

    Raises
    ------
    BadRequest
        If A lacks a dimension, or an array lacks a coordinate.
    """
    variables = {name: _variable(name, array) for name, array in arrays.items()}
    a = variables["A"]
    if not set(A_DIMS) <= set(a.dims):
        raise BadRequest(f"A needs the dimensions {', '.join(A_DIMS)}; it has {', '.join(a.dims)}")
    container = Container(PLACE, MEMORY, variables)
    axes = a.coordinate("height"), a.coordinate("width")
    a.unit_ids()
    frames, keys = frames_of(container), keys_of(container, a)
    return Dataset(id, PLACE, MEMORY, a.scalars(), keys, frames, *axes, uuid.uuid4().hex, container, Cache(None))


def _variable(name: str, array: xr.DataArray) -> Variable:
    if bare := [str(dim) for dim in array.dims if dim not in array.coords]:
        raise BadRequest(f"{name} needs coordinates for {', '.join(bare)}")
    around: dict[str, Variable] = {}
    made = _wrapped(name, array, around)
    for coordinate in array.coords:
        around[str(coordinate)] = _wrapped(str(coordinate), array[coordinate].variable, around)
    return made


def _wrapped(name: str, array: Any, around: dict[str, Variable]) -> Variable:
    chunks = tuple(sizes[0] for sizes in array.chunks) if array.chunks else tuple(1 for _ in array.shape)

    def read(index: tuple[Part, ...]) -> np.ndarray:
        values = np.asarray(array[index].values if index else array.values)
        return as_str(values) if values.dtype.kind in "OSU" else values

    dims = tuple(str(dim) for dim in array.dims)
    return Variable(name, dims, array.shape, array.dtype, chunks, PLACE / name, {}, MEMORY, (), read, around)


class HeldCuration(Curation):
    """Decisions about a dataset of a notebook: kept in memory, with undo, history and all.

    Parameters
    ----------
    labels
        Saved `unit_labels` to go on from, with the dimensions of A's units and sessions; None: nothing was decided.
    """

    def __init__(self, dataset: Dataset, labels: xr.DataArray | None = None) -> None:
        self.dataset, self.where = dataset, PLACE / "curation.jsonl"
        self._lock = threading.RLock()
        self._notices, self._listeners, self._reason, self._problem = [], [], "", ""
        history = History({key: _decided(dataset, key, labels) for key in dataset.keys})
        log = SimpleNamespace(lines=())
        self._journal: Any = SimpleNamespace(history=history, state=history.state, log=log)

    @property
    def behind(self) -> bool:
        """There are no arrays to follow."""
        return False

    def history(self) -> tuple[Line, ...]:
        """All actions, oldest first."""
        return tuple(self._journal.history.lines)

    def _ready(self) -> None:
        """Nothing stands in the way."""

    def _write(self, line: Line) -> Line:
        self._journal.history.add(line)
        return line

    def write_arrays(self) -> None:
        """There are none."""

    def bind_footprints(self, digest: str, key: Any = ()) -> None:
        """Cells of a notebook are never rewritten."""


def _decided(dataset: Dataset, key: Any, labels: xr.DataArray | None) -> Decisions:
    ids = dataset.unit_ids(key)
    if labels is None:
        return Decisions.from_labels(ids)
    if "unit_id" not in labels.dims or "unit_id" not in labels.coords:
        raise BadRequest(f"unit_labels needs the dimension unit_id with its coordinate; it has {labels.dims}")
    here = labels
    for dim, value in key:
        if dim in labels.dims:
            names = [str(name) for name in labels[dim].values]
            here = here.isel({dim: names.index(value)}) if value in names else here.isel({dim: 0}) * np.nan
    known = dict(zip(here["unit_id"].values.tolist(), np.asarray(here.values, np.float64).tolist(), strict=True))
    return Decisions.from_labels(ids, np.array([known.get(unit, np.nan) for unit in ids.tolist()], np.float64))
