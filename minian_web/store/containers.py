"""The three forms of a dataset behind one interface: a folder of zarr groups, one zarr group, a netCDF file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minian_web.errors import DataError, DatasetNotFound
from minian_web.store import netcdf
from minian_web.store.texts import is_text, read_texts
from minian_web.store.variables import Part, Variable
from minian_web.store.zarrs import ArrayMeta, group_attrs, members, read

__all__ = [
    "Container",
    "Variable",
    "group_variables",
    "is_group",
    "main_variable",
    "note_path",
    "open_container",
    "zarr_variable",
]

_GROUP_FILES = (".zgroup", "zarr.json", ".zmetadata")


@dataclass(frozen=True, eq=False)
class Container:
    """Variables of a dataset.

    Attributes
    ----------
    path
        The folder or file.
    form
        "groups" (a folder of zarr groups), "group" (one zarr group) or "netcdf".
    variables
        Data variables by name; coordinates are reached through them.
    problems
        Why a variable that should be there cannot be read, by its name.
    """

    path: Path
    form: str
    variables: dict[str, Variable]
    problems: dict[str, DataError] = field(default_factory=dict)

    def variable(self, name: str) -> Variable:
        """One variable.

        Raises
        ------
        DataError
            If it is not there or broken.
        """
        if name in self.problems:
            raise self.problems[name]
        if name not in self.variables:
            raise DataError(self.path, f"a variable {name}", f"only {', '.join(self.variables) or 'nothing'}")
        return self.variables[name]

    def coordinate(self, variable: Variable, dim: str) -> np.ndarray:
        """Coordinate values of a dimension of the variable; `DataError` when it has none."""
        return variable.coordinate(dim)

    def scalars(self, variable: Variable) -> dict[str, str]:
        """0-d coordinates of the variable as text."""
        return variable.scalars()


def is_group(path: Path) -> bool:
    """Whether the folder says that it is a zarr group (or array)."""
    return any((path / name).is_file() for name in _GROUP_FILES)


def note_path(path: Path, form: str, name: str) -> Path:
    """Path of a plain file of ours: inside a folder of groups, else beside the group or file and named after it."""
    return path / name if form == "groups" else path.parent / f"{path.name}.{name}"


def open_container(path: Path) -> Container:
    """Find out the form and list the variables, without reading any.

    Raises
    ------
    DatasetNotFound
        If there is nothing at this path.
    DataError
        If it is no dataset of any form, or its metadata are broken.
    """
    path = Path(path)
    if path.is_file():
        return Container(path, "netcdf", _data_variables(netcdf.variables_of(path)))
    if not path.is_dir():
        raise DatasetNotFound(f"{path}: no such folder or file")
    if is_group(path) and not _has_groups(path):
        return Container(path, "group", _data_variables(group_variables(path)))
    return _folder_of_groups(path)


def _has_groups(path: Path) -> bool:
    return any(is_group(folder) and not _is_array(folder) for folder in path.iterdir() if folder.is_dir())


def _is_array(folder: Path) -> bool:
    return (folder / ".zarray").is_file() or (not (folder / ".zgroup").is_file() and b'"array"' in _head(folder))


def _head(folder: Path) -> bytes:
    document = folder / "zarr.json"
    return document.read_bytes() if document.is_file() else b""


def _folder_of_groups(path: Path) -> Container:
    variables: dict[str, Variable] = {}
    problems: dict[str, DataError] = {}
    for entry in sorted(path.iterdir()):
        if entry.name.startswith(".") or not (entry.suffix == ".zarr" or (entry.is_dir() and is_group(entry))):
            continue
        try:
            found = main_variable(entry)
            variables[found.name] = found
        except DataError as error:
            problems[entry.stem] = error
    if not variables and not problems:
        raise DataError(path, "a folder of zarr groups (A.zarr, C.zarr ...)", "a folder without any")
    return Container(path, "groups", variables, problems)


def main_variable(group: Path) -> Variable:
    """The one data variable of a group that holds one, as minian writes them: named as the folder, else the first.

    Raises
    ------
    DataError
        If the group is broken or its array is missing.
    """
    everything = group_variables(group)
    found = _data_variables(everything)
    if group.stem in found:
        return found[group.stem]
    if not found:
        raise DataError(group / group.stem, "the array of this group", _what_is(group / group.stem))
    return next(iter(found.values()))


def _what_is(folder: Path) -> str:
    return "a folder without array metadata" if folder.is_dir() else "no such folder"


def group_variables(group: Path) -> dict[str, Variable]:
    """All arrays of a zarr group as variables, coordinates among them.

    Raises
    ------
    DataError
        If the folder is no zarr group or metadata are broken.
    """
    attrs = group_attrs(group) if group.is_dir() else {}
    listed = tuple(str(attrs.get("coordinates", "")).split())
    found: dict[str, Variable] = {}
    for name, meta in members(group).items():
        found[name] = zarr_variable(meta, listed, found)
    return found


def zarr_variable(
    meta: ArrayMeta, listed: tuple[str, ...] = (), siblings: dict[str, Variable] | None = None
) -> Variable:
    """Variable of one zarr array.

    Raises
    ------
    DataError
        If its dimension names do not fit its shape.
    """
    if meta.dims and len(meta.dims) != len(meta.shape):
        raise DataError(meta.path, f"{len(meta.shape)} dimension names", f"{', '.join(meta.dims)}")
    dims = meta.dims or tuple(f"dim_{axis}" for axis in range(len(meta.shape)))
    names = tuple(dict.fromkeys(meta.coordinates + listed))
    around: dict[str, Variable] = {} if siblings is None else siblings
    return Variable(
        meta.name,
        dims,
        meta.shape,
        _dtype(meta),
        meta.chunks,
        meta.path,
        meta.attrs,
        "zarr",
        names,
        _reader(meta),
        around,
    )


def _dtype(meta: ArrayMeta) -> np.dtype:
    try:
        return np.dtype(object if is_text(meta) else meta.dtype)
    except TypeError as error:
        raise DataError(meta.document, "a data type of numpy", meta.dtype) from error


def _reader(meta: ArrayMeta) -> Callable[[tuple[Part, ...]], np.ndarray]:
    def read_part(index: tuple[Part, ...]) -> np.ndarray:
        if is_text(meta):
            texts: Any = read_texts(meta)
            return np.asarray(texts[index])
        return read(meta, index)

    return read_part


def _data_variables(everything: dict[str, Variable]) -> dict[str, Variable]:
    """Those that are no coordinate of another: not of a dimension, not listed, not 0-d text, not labels."""
    listed = {name for variable in everything.values() for name in variable.listed}
    listed |= {dim for variable in everything.values() for dim in variable.dims} | {"unit_labels"}
    return {name: variable for name, variable in everything.items() if name not in listed and variable.dims}
