"""Read zarr arrays by their own metadata, v2 and v3.

Consolidated metadata are never trusted: rechunked intermediates of minian carry ones that no longer match, and a
consolidated read then raises or returns wrong values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.errors import ZarrUserWarning

from minian_web.errors import DataError
from minian_web.store.chunks import check_lengths, first_bad
from minian_web.store.direct import Encoding, encoding_of, read_direct

__all__ = ["ArrayMeta", "Index", "ZarrUserWarning", "array_meta", "group_attrs", "members", "read"]

Index = tuple[slice | int | np.ndarray, ...]


@dataclass(frozen=True)
class ArrayMeta:
    """What a zarr array says of itself.

    Attributes
    ----------
    path
        Folder of the array.
    zarr_format
        2 or 3.
    dims
        Names of the dimensions as xarray wrote them; empty when there are none.
    attrs
        The array's own attributes.
    raw
        The metadata document as found on disk (`.zarray` or `zarr.json`).
    """

    path: Path
    zarr_format: int
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: str
    dims: tuple[str, ...]
    attrs: dict[str, Any]
    raw: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self.path.name

    @property
    def document(self) -> Path:
        """The file that makes the folder an array."""
        return self.path / (".zarray" if self.zarr_format == 2 else "zarr.json")

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates that the array's own attribute lists."""
        return tuple(str(self.attrs.get("coordinates", "")).split())

    @cached_property
    def encoding(self) -> Encoding | None:
        """How chunks are decoded, None when only zarr knows."""
        return encoding_of(self)

    @cached_property
    def array(self) -> zarr.Array:
        """The zarr array, opened for reading."""
        try:
            return zarr.open_array(self.path, mode="r", zarr_format=2 if self.zarr_format == 2 else 3)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise DataError(self.document, "metadata of a zarr array", _short(error)) from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no more is known'}"


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If the file cannot be read or is no JSON object.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DataError(path, "a readable file", _short(error)) from error
    except ValueError as error:
        raise DataError(path, "a JSON document", _short(error)) from error
    if not isinstance(value, dict):
        raise DataError(path, "a JSON object", f"a {type(value).__name__}")
    return value


def array_meta(path: Path) -> ArrayMeta | None:
    """Metadata of the array in this folder, None when the folder holds no array.

    Raises
    ------
    DataError
        If the metadata are there but broken.
    """
    for name, parse in ((".zarray", _parse_v2), ("zarr.json", _parse_v3)):
        try:
            raw = load_json(path / name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            return parse(path, raw)
        except DataError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(path / name, "metadata of a zarr array", _short(error)) from error
    return None


def _parse_v2(path: Path, raw: dict[str, Any]) -> ArrayMeta:
    try:
        attrs = load_json(path / ".zattrs")
    except FileNotFoundError:
        attrs = {}
    dims = tuple(str(dim) for dim in attrs.get("_ARRAY_DIMENSIONS", ()))
    shape, chunks = _sizes(raw["shape"], raw["chunks"])
    return ArrayMeta(path, 2, shape, chunks, str(raw["dtype"]), dims, attrs, raw)


def _parse_v3(path: Path, raw: dict[str, Any]) -> ArrayMeta | None:
    if raw["node_type"] != "array":
        return None
    attrs = dict(raw.get("attributes") or {})
    dims = tuple(str(dim) for dim in raw.get("dimension_names") or ())
    shape, chunks = _sizes(raw["shape"], raw["chunk_grid"]["configuration"]["chunk_shape"])
    dtype = raw["data_type"] if isinstance(raw["data_type"], str) else str(raw["data_type"]["name"])
    return ArrayMeta(path, 3, shape, chunks, dtype, dims, attrs, raw)


def _sizes(shape: Iterable[int], chunks: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    found = tuple(map(int, shape)), tuple(map(int, chunks))
    if len(found[0]) != len(found[1]):
        raise ValueError(f"shape {found[0]} and chunks {found[1]} do not fit")
    return found


def members(group: Path) -> dict[str, ArrayMeta]:
    """Arrays of a zarr group by name, found by looking into its folders.

    Raises
    ------
    DataError
        If the folder is no zarr group, or the metadata of one of its arrays are broken.
    """
    if not group.is_dir():
        found = "a file" if group.exists() else "nothing"
        raise DataError(group, "a folder holding a zarr group", found)
    if not any((group / name).is_file() for name in (".zgroup", "zarr.json", ".zmetadata")):
        raise DataError(group, "a zarr group (.zgroup or zarr.json)", "a folder without either")
    metas = ((folder.name, array_meta(folder)) for folder in _folders(group))
    return {name: meta for name, meta in metas if meta is not None}


def _folders(group: Path) -> Iterator[Path]:
    return (entry for entry in sorted(group.iterdir()) if entry.is_dir() and not entry.name.startswith("."))


def group_attrs(group: Path) -> dict[str, Any]:
    """Attributes of a zarr group from its own metadata; empty when it has none."""
    try:
        return load_json(group / ".zattrs")
    except FileNotFoundError:
        pass
    try:
        return dict(load_json(group / "zarr.json").get("attributes") or {})
    except FileNotFoundError:
        return {}


def read(meta: ArrayMeta, index: Index = ()) -> np.ndarray:
    """Read (a part of) an array.

    Parameters
    ----------
    meta
        The array.
    index
        Slices, integers or integer arrays for the leading dimensions, each applied to its own dimension; the rest is
        taken whole.

    Returns
    -------
    numpy.ndarray
        With the stored dtype, not to be written into; a chunk absent from disk reads as the fill value, as zarr
        defines it.

    Raises
    ------
    DataError
        If a chunk is cut short or cannot be decoded, naming the chunk file and the reason.
    """
    values = read_direct(meta, index)
    if values is not None:
        return values
    array = meta.array
    check_lengths(meta, index)
    lists = any(isinstance(part, np.ndarray) for part in index)
    try:
        return np.asarray(array.oindex[index] if lists else array[index or ...])
    except Exception as error:
        raise DataError(first_bad(meta, index) or meta.path, "chunks that can be decoded", _short(error)) from error
