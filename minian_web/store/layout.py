"""The one place that knows how minian lays out a dataset on disk.

One zarr group per variable (`A.zarr/A`, `C.zarr/C` ...), each with its own copy of the coordinates; or, for tests and
exports, all variables in one zarr group or in one netCDF file.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numcodecs
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec
from zarr.errors import UnstableSpecificationWarning, ZarrUserWarning

from minian_web.errors import NotWritable

__all__ = ["Form", "chunk_shape", "write_dataset"]

Form = Literal["groups", "group", "netcdf"]

MOVIE_CHUNK_BYTES = 256_000_000  # of the movie as float64: 86 frames of 608 x 608
PIXEL_BLOCK = 256  # height and width of a block of Y_hw_chk
SINGLE_DIMS = ("unit_id", "animal", "session")  # dimensions that minian chunks one by one


def chunk_shape(name: str, dims: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Chunks that minian gives to a variable: one unit, some frames of a movie, else whole.

    Parameters
    ----------
    name
        Name of the variable; `Y_hw_chk` has all frames of blocks of pixels.
    dims, shape
        Names and lengths of its dimensions.
    """
    if name in dims:
        return shape
    sizes = dict(zip(dims, shape, strict=True))
    chunks = {dim: 1 if dim in SINGLE_DIMS else max(size, 1) for dim, size in sizes.items()}
    if name == "unit_labels":
        chunks = sizes
    elif name == "Y_hw_chk":
        chunks |= {dim: min(sizes[dim], PIXEL_BLOCK) for dim in ("height", "width")}
    elif {"frame", "height", "width"} <= sizes.keys():
        frames = MOVIE_CHUNK_BYTES // (8 * max(sizes["height"] * sizes["width"], 1))
        chunks["frame"] = min(max(frames, 1), sizes["frame"])
    return tuple(chunks[dim] for dim in dims)


def write_dataset(
    folder: Path,
    variables: Mapping[str, xr.DataArray],
    *,
    form: Form = "groups",
    zarr_format: Literal[2, 3] = 2,
    consolidated: bool = True,
    chunks: Mapping[str, tuple[int, ...]] | None = None,
    fill_values: Mapping[str, Any] | None = None,
    write_empty: bool = True,
    without_chunks: Collection[str] = (),
) -> Path:
    """Write variables as minian would.

    Parameters
    ----------
    folder
        The dataset: a folder of groups (which may exist), one zarr group, or a netCDF file (which may not).
    variables
        By name, with their coordinates. Data may be a dask array: it is computed and written chunk by chunk.
    form
        `groups` as minian does; `group` for one zarr group; `netcdf` for one file.
    zarr_format, consolidated
        minian 2.0.2 writes zarr 2 with consolidated metadata, minian 1.2.1 without.
    chunks, fill_values
        By variable, where they shall differ from minian's.
    write_empty
        False leaves chunks equal to the fill value absent from disk, as zarr 3 does.
    without_chunks
        Variables of which only metadata and coordinates are written.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    NotWritable
        If a group or the file exists already; nothing is ever overwritten.
    """
    folder = Path(folder)
    if form == "netcdf":
        return _write_netcdf(folder, variables)
    names = (
        [(folder, dict(variables))]
        if form == "group"
        else [(folder / f"{name}.zarr", {name: array}) for name, array in variables.items()]
    )
    writer = _Writer(zarr_format, chunks or {}, fill_values or {}, write_empty, without_chunks)
    for path, content in names:
        _refuse_existing(path)
        writer.write(path, content, consolidated)
    return folder


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise NotWritable(f"{path}: exists already, and nothing is overwritten")


def _write_netcdf(path: Path, variables: Mapping[str, xr.DataArray]) -> Path:
    _refuse_existing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    xr.Dataset(dict(variables)).to_netcdf(path, engine="h5netcdf")
    return path


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Zarr 3 warns of fixed-length strings and of consolidated metadata; xarray writes just these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnstableSpecificationWarning)
        warnings.simplefilter("ignore", ZarrUserWarning)
        yield


class _Writer:
    """Writes groups, all in the same way."""

    def __init__(
        self,
        zarr_format: Literal[2, 3],
        chunks: Mapping[str, Any],
        fills: Mapping[str, Any],
        write_empty: bool,
        without_chunks: Collection[str],
    ) -> None:
        self._format, self._chunks, self._fills, self._write_empty = zarr_format, chunks, fills, write_empty
        self._without_chunks = without_chunks

    def write(self, path: Path, variables: Mapping[str, xr.DataArray], consolidated: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _without_warnings() if self._format == 3 else contextlib.nullcontext():
            group = zarr.create_group(path, zarr_format=self._format)
            for name, array in _with_coordinates(variables):
                self._write_array(group, name, array)
            if consolidated:
                zarr.consolidate_metadata(path, zarr_format=self._format)

    def _write_array(self, group: zarr.Group, name: str, array: xr.DataArray) -> None:
        dims = tuple(map(str, array.dims))
        data = _plain(array)
        target = group.create_array(
            name,
            shape=data.shape,
            dtype=data.dtype,
            chunks=self._chunks.get(name, chunk_shape(name, dims, data.shape)),
            fill_value=self._fill_value(name, data.dtype),
            compressors=self._compressor() if data.ndim else None,
            attributes=self._attributes(name, array, dims),
            dimension_names=dims if self._format == 3 else None,
            config={"write_empty_chunks": self._write_empty},
        )
        if name in self._without_chunks:
            return
        for block in _blocks(target.shape, target.chunks) if array.chunks else [...]:
            target[block] = np.asarray(data[block])

    def _fill_value(self, name: str, dtype: np.dtype) -> Any:
        if name in self._fills:
            return self._fills[name]
        if dtype.kind == "f":
            return np.nan
        return None if self._format == 2 else np.zeros((), dtype)[()]

    def _compressor(self) -> Any:
        if self._format == 2:
            return numcodecs.Blosc(cname="lz4", clevel=5, shuffle=numcodecs.Blosc.SHUFFLE)
        return BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")

    def _attributes(self, name: str, array: xr.DataArray, dims: tuple[str, ...]) -> dict[str, Any]:
        attributes = {key: value for key, value in array.attrs.items() if name not in array.coords}
        if self._format == 2:
            attributes["_ARRAY_DIMENSIONS"] = list(dims)
        extra = sorted(str(coord) for coord in array.coords if coord not in array.dims)
        if extra and name not in array.coords:
            attributes["coordinates"] = " ".join(extra)
        return attributes


def _with_coordinates(variables: Mapping[str, xr.DataArray]) -> Iterator[tuple[str, xr.DataArray]]:
    written: set[str] = set()
    for name, array in variables.items():
        yield name, array
        for coord in array.coords.values():
            if coord.name not in written:
                written.add(str(coord.name))
                yield str(coord.name), coord


def _plain(array: xr.DataArray) -> Any:
    """Data with a dtype that numpy and minian know: strings of any kind become fixed-length unicode."""
    if array.chunks:
        return array.data
    values = np.asarray(array.values)
    return values.astype(str) if values.dtype.kind in "OT" else values


def _blocks(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    edges = [range(0, size, chunk) for size, chunk in zip(shape, chunks, strict=True)]
    for corner in itertools.product(*edges):
        yield tuple(slice(start, start + chunk) for start, chunk in zip(corner, chunks, strict=True))
