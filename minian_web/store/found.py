"""What labels are found in the arrays.

Only each array's own metadata are read; what a consolidated copy says is compared, never trusted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minian_web.errors import DataError
from minian_web.model.keys import Key
from minian_web.store.places import Labelled, Place, form_of, places_of
from minian_web.store.variables import Variable
from minian_web.store.zarrs import ArrayMeta, array_meta, read


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found in one array.

    Attributes
    ----------
    name, unit_ids
        Of the array.
    labels
        By session, `(n,)` in the order of the array's unit ids, as stored; None when there are no labels.
    whole
        False when a consolidated copy of the metadata says something else than the array does: a write was cut short.
    """

    name: str
    unit_ids: np.ndarray
    labels: dict[Key, np.ndarray] | None
    whole: bool


def seen_at(place: Place, keys: Iterable[Key]) -> Seen:
    """Read the labels of one place.

    Raises
    ------
    DataError
        If there are labels that cannot be read or do not fit the units.
    """
    meta = array_meta(place.array)
    if meta is None:
        return Seen(place.name, place.unit_ids, None, whole=not form_of(place).shown(place.group))
    _check(meta, place)
    values = read(meta)
    labels = {key: place.labels_at(key, values, meta.dims) for key in keys}
    return Seen(place.name, place.unit_ids, labels, form_of(place).agrees(place.group))


def _check(meta: ArrayMeta, place: Place) -> None:
    sizes = {**{dim: len(values) for dim, values in place.sessions.items()}, "unit_id": place.unit_ids.size}
    found = dict(zip(meta.dims, meta.shape, strict=False))
    if len(meta.dims) != len(meta.shape) or "unit_id" not in found or found.items() - sizes.items():
        raise DataError(meta.path, f"labels on some of {sizes}", f"{found or meta.shape}")
    if np.dtype(meta.dtype).kind not in "iuf":
        raise DataError(meta.document, "numbers as labels", meta.dtype)
    if meta.raw.get("fill_value") is None and not any(_chunk_files(meta.path)):
        raise DataError(meta.path, "a chunk with labels", "none")


def _chunk_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".z", "zarr.json")))


def read_labels(dataset: Labelled) -> tuple[Seen, ...]:
    """Labels of all arrays of a dataset, those beside `A` first.

    Raises
    ------
    DataError
        If labels cannot be read or do not fit the units.
    """
    if dataset.form == "netcdf":
        return tuple(_seen_in_file(dataset, name, variable) for name, variable in dataset.label_arrays().items())
    return tuple(seen_at(place, dataset.keys) for place in places_of(dataset))


def _seen_in_file(dataset: Labelled, name: str, variable: Variable) -> Seen:
    found = {key: dataset.labels(key)[name] for key in dataset.keys}
    labels = {key: values for key, values in found.items() if values is not None}
    return Seen(name, variable.unit_ids(), labels or None, whole=True)


def signature(places: Iterable[Place]) -> tuple[tuple[str, int, int, int, int], ...]:
    """What tells in a moment whether anybody touched the labels: names, sizes, inodes and times of their files."""
    return tuple(sorted(line for place in places for line in _states(place.array)))


def _states(folder: Path) -> Iterator[tuple[str, int, int, int, int]]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir():
            yield from _states(Path(entry.path))
        else:
            state = entry.stat()
            yield entry.path, state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns
