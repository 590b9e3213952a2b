"""One dataset of minian, in whatever form it is stored."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from minian_web.errors import BadRequest, DataError
from minian_web.model.footprints import Footprints
from minian_web.model.keys import Key
from minian_web.store.cache import Cache
from minian_web.store.containers import Container, Variable, note_path, open_container
from minian_web.store.footprints import cached, read_footprints, read_some
from minian_web.store.guard import guard_of
from minian_web.store.variables import positions

__all__ = ["Dataset", "open_dataset"]

_A_DIMS = ("unit_id", "height", "width")
_FRAME_SOURCES = ("C", "S", "YrA", "f", "motion")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset that was opened; metadata are in memory, arrays are read when asked for.

    Attributes
    ----------
    id
        Name under the roots, as in URLs; may be empty.
    path, form
        Folder or file, and "groups", "group" or "netcdf".
    meta
        0-d coordinates of A: animal, session and the like.
    keys
        One per session inside; `((),)` unless sessions were merged.
    frames
        `(T,)` frame coordinate of C as stored (it may step); empty when no trace is stored.
    heights, widths
        Coordinates of A.
    guard
        Changes when the pipeline has rewritten A or unit_id.
    container
        The variables themselves.
    """

    id: str
    path: Path
    form: str
    meta: dict[str, str]
    keys: tuple[Key, ...]
    frames: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    guard: str
    container: Container
    cache: Cache
    _footprints: dict[Key, Footprints] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """Animal and session, or what the path says."""
        named = [self.meta[name] for name in ("animal", "session") if self.meta.get(name)]
        return " / ".join(named) or self.id or self.path.name

    @property
    def problems(self) -> dict[str, str]:
        """Variables that cannot be read, with the reason."""
        return {name: str(error) for name, error in self.container.problems.items()}

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the images in pixels."""
        return len(self.heights), len(self.widths)

    @property
    def notes(self) -> Path:
        """Folder of our plain files: the dataset, or where it lies when it is one group or file."""
        return self.path if self.form == "groups" else self.path.parent

    def note_path(self, name: str) -> Path:
        """Path of a plain file of ours, such as `curation.jsonl`."""
        return note_path(self.path, self.form, name)

    def current_guard(self) -> str:
        """Guard of what is on disk now; it differs from `guard` when A was rewritten. `DataError` when A is gone."""
        return dataset_guard(self.form, self.container.variable("A"))

    @cached_property
    def stored_units(self) -> np.ndarray:
        """`(n,)` int64: unit ids of A in stored order, those of all sessions together."""
        return self.container.variable("A").unit_ids()

    def has(self, name: str) -> bool:
        """Whether a variable is stored and readable."""
        return name in self.container.variables

    def label_arrays(self) -> dict[str, Variable]:
        """Variables that have unit_id (A, C, S, b0, c0 ...), by name; `path` and `group` say where they are."""
        found = self.container.variables
        return {name: variable for name, variable in found.items() if "unit_id" in variable.dims}

    def unit_ids(self, key: Key = ()) -> np.ndarray:
        """`(n,)` int64 unit ids of one session, in stored order.

        In a merged dataset a unit whose footprint is NaN all over belongs to another session; finding out reads A.
        """
        return self.footprints(key).unit_ids if self.where(key) else self.stored_units

    def where(self, key: Key, name: str = "A") -> dict[str, int]:
        """Position of a session on the metadata dimensions of a variable; `BadRequest` when there is no such one."""
        if key not in self.keys:
            raise BadRequest(f"{self.id or self.path}: there is no session {key}, only {self.keys}")
        variable = self.container.variable(name)
        return {dim: _place(variable, dim, value) for dim, value in key if dim in variable.dims}

    def traces(self, name: str, unit_ids: Sequence[int] | np.ndarray, key: Key = ()) -> np.ndarray:
        """Traces of some units.

        Parameters
        ----------
        name
            C, S, YrA, b0, c0: a variable on unit_id and frame.
        unit_ids
            Mapped by value: each variable may store its units in another order.

        Returns
        -------
        numpy.ndarray
            `(n, T)` float32 in the order asked, NaN kept.

        Raises
        ------
        BadRequest
            Naming the units that the variable does not have.
        DataError
            If the variable is not there, has other frames than C, or cannot be read.
        """
        variable = self.container.variable(name)
        at = positions(variable.unit_ids(), np.asarray(unit_ids, np.int64).reshape(-1), name)
        if variable.sizes.get("frame") != len(self.frames):
            raise DataError(variable.path, f"{len(self.frames)} frames", f"{variable.sizes.get('frame', 'no')} frames")
        values = variable.select({**self.where(key, name), "unit_id": at}, ("unit_id", "frame"))
        return values.astype(np.float32)

    def footprints(self, key: Key = (), tick: Callable[[float], None] | None = None) -> Footprints:
        """Footprints of one session: kept in memory, else from the disk cache, else read with progress.

        Raises
        ------
        DataError
            If a chunk cannot be read, naming its file.
        """
        if key not in self._footprints:
            where, variable = self.where(key), self.container.variable("A")
            name = f"{self.guard} {key}"
            self._footprints[key] = cached(self.cache, name, lambda: read_footprints(variable, where, tick))
        return self._footprints[key]

    def footprints_of(self, unit_ids: Sequence[int] | np.ndarray, key: Key = ()) -> Footprints:
        """Footprints of these units only, read directly: a first look before all of them are known."""
        wanted = np.asarray(unit_ids, np.int64).reshape(-1)
        return read_some(self.container.variable("A"), self.where(key), wanted)

    def max_projection(self, key: Key = ()) -> np.ndarray | None:
        """`(height, width)` float32, None when it is not stored."""
        if not self.has("max_proj"):
            return None
        where = self.where(key, "max_proj")
        return self.container.variable("max_proj").select(where, ("height", "width")).astype(np.float32)

    def labels(self, key: Key = ()) -> dict[str, np.ndarray | None]:
        """Stored unit_labels of each variable that has unit_id, in its own order of units; None where absent."""
        return {name: self._labels(variable, key) for name, variable in self.label_arrays().items()}

    def _labels(self, variable: Variable, key: Key) -> np.ndarray | None:
        stored = variable.companion("unit_labels")
        if stored is None:
            return None
        if stored.sizes.get("unit_id") != variable.sizes["unit_id"]:
            raise DataError(stored.path, f"{variable.sizes['unit_id']} labels on unit_id", f"{stored.sizes}")
        where = {dim: place for dim, place in self.where(key, variable.name).items() if dim in stored.dims}
        return stored.select(where, ("unit_id",))


def _place(variable: Variable, dim: str, value: str) -> int:
    values = [str(stored) for stored in variable.coordinate(dim)]
    if value not in values:
        raise BadRequest(f"{variable.name} has no {dim} {value}, only {', '.join(values)}")
    return values.index(value)


def open_dataset(path: Path | str, id: str = "", cache_dir: Path | None = None) -> Dataset:
    """Open a dataset: reads metadata and small coordinates, no large array.

    Parameters
    ----------
    path
        A folder of zarr groups, one zarr group, or a netCDF file.
    id
        Name under the roots.
    cache_dir
        Where footprints are kept; None: nowhere.

    Raises
    ------
    DatasetNotFound
        If there is nothing.
    DataError
        If A is missing, has other dimensions, lacks a coordinate, or metadata are broken; names the file.
    """
    container = open_container(Path(path))
    variable = container.variable("A")
    if not set(_A_DIMS) <= set(variable.dims):
        raise DataError(variable.path, f"dimensions {', '.join(_A_DIMS)}", f"dimensions {', '.join(variable.dims)}")
    heights, widths = variable.coordinate("height"), variable.coordinate("width")
    variable.unit_ids()
    guard = dataset_guard(container.form, variable)
    frames, keys = _frames(container), _keys(container, variable)
    meta = variable.scalars()
    return Dataset(
        id, container.path, container.form, meta, keys, frames, heights, widths, guard, container, Cache(cache_dir)
    )


def dataset_guard(form: str, variable: Variable) -> str:
    """Guard of a dataset: of A and its unit_id, or of the netCDF file."""
    return guard_of(variable.path) if form == "netcdf" else guard_of(variable.path, variable.group / "unit_id")


def _frames(container: Container) -> np.ndarray:
    for name in _FRAME_SOURCES:
        variable = container.variables.get(name)
        if variable is not None and "frame" in variable.dims:
            return variable.coordinate("frame")
    return np.zeros(0, np.int64)


def _keys(container: Container, variable: Variable) -> tuple[Key, ...]:
    dims = [dim for dim in variable.dims if dim not in _A_DIMS]
    names = [[(dim, str(value)) for value in variable.coordinate(dim)] for dim in dims]
    keys = [tuple(key) for key in itertools.product(*names)]
    empty = _empty_keys(container, dims, keys)
    return tuple(key for key in keys if key not in empty)


def _empty_keys(container: Container, dims: list[str], keys: list[Key]) -> set[Key]:
    """Combinations that no recording has (animal a1 with a session of a2): their projection is NaN all over."""
    image = container.variables.get("max_proj")
    if not dims or image is None or not set(dims) <= set(image.dims):
        return set()
    places = [{dim: _place(image, dim, value) for dim, value in key} for key in keys]
    nothing = [np.isnan(image.select(place, ("height", "width"))).all() for place in places]
    return {key for key, missing in zip(keys, nothing, strict=True) if missing}
