"""One dataset of minian, in whatever form it is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from minian_web.errors import BadRequest, Changed, DataError
from minian_web.model.footprints import Footprints
from minian_web.model.keys import Key
from minian_web.store.cache import Cache
from minian_web.store.containers import Container, Variable, note_path, open_container, zarr_variable
from minian_web.store.footprints import cached, read_footprints, read_some
from minian_web.store.guard import guard_of
from minian_web.store.sessions import A_DIMS, frames_of, keys_of, place_of
from minian_web.store.variables import positions
from minian_web.store.zarrs import array_meta

__all__ = ["MEMORY", "Dataset", "open_dataset"]

MEMORY = "memory"  # form of a dataset of a notebook


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset that was opened; metadata are in memory, arrays are read when asked for.

    Attributes
    ----------
    id
        Name under the roots, as in URLs; may be empty.
    path, form
        Folder or file, and "groups", "group" or "netcdf"; "memory" in a notebook.
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
    _indexing: threading.Lock = field(default_factory=threading.Lock, repr=False)

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
        return self.guard if self.form == MEMORY else dataset_guard(self.form, self.container.variable("A"))

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
        return {dim: place_of(variable, dim, value) for dim, value in key if dim in variable.dims}

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
        Changed
            If the pipeline has rewritten A since the dataset was opened.
        """
        where = self.where(key)
        with self._indexing:
            if key not in self._footprints:
                self._footprints[key] = cached(self.cache, f"{self.guard} {key}", lambda: self._indexed(where, tick))
            return self._footprints[key]

    def _indexed(self, where: dict[str, int], tick: Callable[[float], None] | None) -> Footprints:
        footprints = read_footprints(self.container.variable("A"), where, tick)
        if self.current_guard() != self.guard:
            raise Changed(f"{self.path}: the footprints were rewritten while they were read")
        return footprints

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
        stored = _labels_beside(variable)
        if stored is None:
            return None
        if stored.sizes.get("unit_id") != variable.sizes["unit_id"]:
            raise DataError(stored.path, f"{variable.sizes['unit_id']} labels on unit_id", f"{stored.sizes}")
        where = {dim: place for dim, place in self.where(key, variable.name).items() if dim in stored.dims}
        return stored.select(where, ("unit_id",))


def _labels_beside(variable: Variable) -> Variable | None:
    """Looked up anew each time, since labels come and go while a dataset is open."""
    if variable.form == "netcdf":
        return variable.companion("unit_labels")
    meta = array_meta(variable.group / "unit_labels")
    return None if meta is None else zarr_variable(meta)


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
    if not set(A_DIMS) <= set(variable.dims):
        raise DataError(variable.path, f"dimensions {', '.join(A_DIMS)}", f"dimensions {', '.join(variable.dims)}")
    heights, widths = variable.coordinate("height"), variable.coordinate("width")
    variable.unit_ids()
    guard = dataset_guard(container.form, variable)
    frames, keys = frames_of(container), keys_of(container, variable)
    meta = variable.scalars()
    return Dataset(
        id, container.path, container.form, meta, keys, frames, heights, widths, guard, container, Cache(cache_dir)
    )


def dataset_guard(form: str, variable: Variable) -> str:
    """Guard of a dataset: of A and its unit_id, or of the netCDF file."""
    return guard_of(variable.path) if form == "netcdf" else guard_of(variable.path, variable.group / "unit_id")
