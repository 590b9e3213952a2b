"""Where labels lie: `unit_labels` beside every array that has `unit_id`, and what is found there.

Only each array's own metadata are read; what a consolidated copy says is compared, never trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from minian_web.errors import DataError
from minian_web.model.decisions import Decisions
from minian_web.model.keys import Key
from minian_web.store import labels_v2, labels_v3
from minian_web.store.containers import group_variables
from minian_web.store.variables import Variable
from minian_web.store.zarrs import ArrayMeta, array_meta

NAME = "unit_labels"
ANCHOR = "A"


class Labelled(Protocol):
    """What is needed of a dataset to find and to write its labels."""

    @property
    def path(self) -> Path:
        """Folder or file of the dataset."""

    @property
    def form(self) -> str:
        """`groups`, `group` or `netcdf`."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Sessions inside the dataset."""

    def unit_ids(self, key: Key = ...) -> np.ndarray:
        """Unit ids of a session, in stored order."""

    def label_arrays(self) -> Mapping[str, Variable]:
        """Variables that have unit ids, by name."""

    def labels(self, key: Key = ...) -> Mapping[str, np.ndarray | None]:
        """Stored labels of these variables."""


@dataclass(frozen=True, eq=False)
class Place:
    """One zarr group that has, or is to have, labels.

    Attributes
    ----------
    group
        Folder of the group.
    name
        Its array; labels are written to the one named `A` first.
    zarr_format
        2 or 3.
    unit_ids
        `(n,)` int64, this array's own: it may be ordered differently from that of A.
    sessions
        Coordinates of the session dimensions of a merged dataset, outermost first; empty for an ordinary one.
    coordinates
        Names of the other coordinates on no dimension of their own, which the group has to list.
    """

    group: Path
    name: str
    zarr_format: int
    unit_ids: np.ndarray
    sessions: dict[str, tuple[str, ...]]
    coordinates: tuple[str, ...]

    @property
    def array(self) -> Path:
        """Folder of the labels."""
        return self.group / NAME

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions that the labels get."""
        return (*self.sessions, "unit_id")

    @property
    def stage(self) -> Path:
        """Folder for temporary files: on the file system of the group and outside of it."""
        return self.group.resolve().parent

    def arranged(self, decisions: Mapping[Key, Decisions]) -> np.ndarray:
        """Labels as they are to be stored here: int64 on unit_id; float64 with NaN where sessions are dimensions."""
        if not self.sessions:
            return _by_id(decisions[()], self.unit_ids, self.unit_ids)
        shape = (*(len(values) for values in self.sessions.values()), self.unit_ids.size)
        result = np.full(shape, np.nan)
        for key, decided in decisions.items():
            result[self._index(key)] = _by_id(decided, self.unit_ids, np.full(self.unit_ids.size, np.nan))
        return result

    def _index(self, key: Key) -> tuple[int, ...]:
        wanted = dict(key)
        try:
            return tuple(values.index(wanted[dim]) for dim, values in self.sessions.items())
        except (KeyError, ValueError):
            raise DataError(self.group, f"the session {dict(key)}", f"{self.sessions}") from None

    def labels_at(self, key: Key, values: np.ndarray, dims: tuple[str, ...]) -> np.ndarray:
        """Labels `(n,)` of one session out of stored values with these dimensions."""
        wanted = dict(key)
        index = tuple(slice(None) if dim == "unit_id" else self.sessions[dim].index(wanted[dim]) for dim in dims)
        return values[index]


def _by_id(decided: Decisions, unit_ids: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    known = dict(zip(decided.unit_ids.tolist(), decided.labels_array.tolist(), strict=True))
    pairs = zip(unit_ids.tolist(), otherwise.tolist(), strict=True)
    return np.array([known.get(unit, other) for unit, other in pairs], dtype=otherwise.dtype)


def places_of(dataset: Labelled) -> tuple[Place, ...]:
    """All places for labels, that of `A` first; none for a netCDF file.

    Raises
    ------
    DataError
        If metadata or coordinates are broken.
    """
    if dataset.form == "netcdf":
        return ()
    dims = tuple(dim for dim, _ in dataset.keys[0]) if dataset.keys else ()
    groups = dict.fromkeys(variable.group for variable in dataset.label_arrays().values())
    found = [_place(group, dims) for group in groups]
    return tuple(sorted(found, key=lambda place: (place.name != ANCHOR, str(place.group))))


def _place(group: Path, session_dims: tuple[str, ...]) -> Place:
    variables = group_variables(group)
    having = [name for name, one in variables.items() if "unit_id" in one.dims and name not in ("unit_id", NAME)]
    if not having:
        raise DataError(group, "an array with the dimension unit_id", f"{', '.join(variables) or 'no array'}")
    preferred = [name for name in (ANCHOR, group.stem) if name in having] or having
    main = variables[preferred[0]]
    sessions = {dim: tuple(map(str, main.coordinate(dim).tolist())) for dim in main.dims if dim in session_dims}
    meta = array_meta(main.path)
    return Place(
        group, main.name, 2 if meta is None else meta.zarr_format, main.unit_ids(), sessions, _others(variables)
    )


def _others(variables: Mapping[str, Variable]) -> tuple[str, ...]:
    """Coordinates that are no dimension: what an array lists, and 0-d arrays."""
    dims = {dim for one in variables.values() for dim in one.dims}
    listed = {name for one in variables.values() for name in one.listed if name in variables}
    scalars = {name for name, one in variables.items() if not one.shape}
    return tuple(sorted((listed | scalars) - dims - {NAME}))


class Form(Protocol):
    """How labels are shown and hidden in one version of zarr; modules `labels_v2`, `labels_v3`."""

    def listed(self, group: Path) -> tuple[str, ...]:
        """Coordinates that the group lists."""

    def list_coordinates(self, group: Path, names: tuple[str, ...], stage: Path) -> None:
        """Make the group list these coordinates."""

    def shown(self, group: Path) -> bool:
        """Whether a consolidated copy of the metadata names labels."""

    def agrees(self, group: Path) -> bool:
        """Whether there is no consolidated copy of the metadata, or it says of the labels what they say."""

    def fits(self, meta: ArrayMeta, values: np.ndarray, dims: tuple[str, ...]) -> bool:
        """Whether new labels only need another chunk."""

    def replace(self, meta: ArrayMeta, values: np.ndarray, stage: Path) -> None:
        """Exchange the one chunk."""

    def hide(self, group: Path, names: tuple[str, ...], stage: Path) -> None:
        """Make labels invisible, the consolidated copy first."""

    def show(self, group: Path, values: np.ndarray, dims: tuple[str, ...], names: tuple[str, ...], stage: Path) -> None:
        """Write labels of which nothing is visible yet; visible with the last files only."""


def form_of(place: Place) -> Form:
    """How labels are written at this place."""
    return labels_v2 if place.zarr_format == 2 else labels_v3
