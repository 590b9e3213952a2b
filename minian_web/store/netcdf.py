"""Variables of a netCDF-4 file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import h5netcdf
import numpy as np

from minian_web.errors import DataError
from minian_web.store.variables import Part, Variable

_LOCK = threading.Lock()
_HDF5 = b"\x89HDF\r\n\x1a\n"


def variables_of(path: Path) -> dict[str, Variable]:
    """Variables of the file by name, coordinates among them.

    Raises
    ------
    DataError
        If it is no netCDF-4 file, or a broken one.
    """
    _check_signature(path)
    found: dict[str, Variable] = {}
    try:
        with _LOCK, h5netcdf.File(path, "r") as file:
            for name, stored in file.variables.items():
                found[name] = _variable(path, name, stored, found)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(path, "a netCDF-4 file", f"{type(error).__name__}: {error}") from error
    return found


def _check_signature(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_HDF5))
    except OSError as error:
        raise DataError(path, "a readable netCDF-4 file", f"{type(error).__name__}: {error.strerror}") from error
    if head != _HDF5:
        kind = "a netCDF-3 file" if head.startswith(b"CDF") else f"a file that starts with {head!r}"
        raise DataError(path, "a netCDF-4 file (or a zarr folder)", kind)


def _variable(path: Path, name: str, stored: h5netcdf.Variable, siblings: dict[str, Variable]) -> Variable:
    dtype = np.dtype(object) if stored.dtype is str else np.dtype(stored.dtype)
    shape = tuple(int(size) for size in stored.shape)
    attrs = {key: stored.attrs[key] for key in stored.attrs}
    listed = tuple(str(attrs.get("coordinates", "")).split())
    chunks = tuple(stored.chunks or shape)
    dims = tuple(str(dim) for dim in stored.dimensions)
    return Variable(name, dims, shape, dtype, chunks, path, attrs, "netcdf", listed, _reader(path, name), siblings)


def _reader(path: Path, name: str) -> Callable[[tuple[Part, ...]], np.ndarray]:
    def read(index: tuple[Part, ...]) -> np.ndarray:
        try:
            with _LOCK, h5netcdf.File(path, "r") as file:
                return _taken(file.variables[name], index)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise DataError(path, f"a readable variable {name}", f"{type(error).__name__}: {error}") from error

    return read


def _taken(stored: h5netcdf.Variable, index: tuple[Part, ...]) -> np.ndarray:
    """HDF5 takes increasing positions only, so lists are read as the span that they cover."""
    spans = tuple(_span(part) for part in index)
    values = np.asarray(stored[spans] if index else stored[...])
    axis = 0
    for part in index:
        if isinstance(part, np.ndarray):
            values = np.take(values, part - (part.min() if len(part) else 0), axis=axis)
        axis += not isinstance(part, int)
    return values


def _span(part: Part) -> slice | int:
    if not isinstance(part, np.ndarray):
        return part
    return slice(int(part.min()), int(part.max()) + 1) if len(part) else slice(0, 0)
