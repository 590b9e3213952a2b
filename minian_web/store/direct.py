"""Decode chunks of the usual encodings without zarr's machinery.

The reader of zarr takes about a millisecond a chunk, holds one event loop for all threads, and does not say which chunk
is at fault. Here a chunk is one file read and one decode, which threads can do side by side. Whatever is unusual
(filters, sharding, Fortran order, text) is left to zarr.
"""

from __future__ import annotations

import itertools
import math
import operator
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numcodecs
import numpy as np

from minian_web.errors import DataError
from minian_web.store.chunks import chunk_path

if TYPE_CHECKING:
    from minian_web.store.zarrs import ArrayMeta

Part = slice | int | np.ndarray
_V3_CODECS = {"blosc": numcodecs.Blosc, "zstd": numcodecs.Zstd, "gzip": numcodecs.GZip}
_V2_CODECS = ("blosc", "zstd", "gzip", "zlib", "lz4")
_BLOSC_HEADER = 16


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a chunk become values."""

    dtype: np.dtype
    fill: Any
    codec: Any
    shape: tuple[int, ...]

    def decode(self, path: Path) -> np.ndarray | None:
        """Values of a chunk, not to be written into; None when it is absent and holds the fill value only."""
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise DataError(path, "a readable chunk file", f"{type(error).__name__}: {error.strerror}") from error
        self._check_blosc(path, data)
        expected = math.prod(self.shape) * self.dtype.itemsize
        try:
            plain = self.codec.decode(data) if self.codec else data
        except Exception as error:
            raise DataError(path, "a chunk that can be decoded", f"{type(error).__name__}: {error}") from error
        if len(plain) != expected:
            raise DataError(path, f"a chunk of {expected} bytes", f"{len(plain)} bytes (cut short or half-written)")
        return np.frombuffer(plain, self.dtype).reshape(self.shape)

    def _check_blosc(self, path: Path, data: bytes) -> None:
        """Blosc decodes a chunk that lacks its last bytes without complaint, into wrong values."""
        if not isinstance(self.codec, numcodecs.Blosc):
            return
        wanted = struct.unpack_from("<I", data, 12)[0] if len(data) >= _BLOSC_HEADER else _BLOSC_HEADER
        if len(data) != wanted:
            raise DataError(path, f"a chunk of {wanted} bytes", f"{len(data)} bytes (cut short or half-written)")


def encoding_of(meta: ArrayMeta) -> Encoding | None:
    """Encoding of the chunks, None when it is not one of the usual ones."""
    try:
        dtype = np.dtype(meta.dtype)
        codec = _codec_v2(meta.raw) if meta.zarr_format == 2 else _codec_v3(meta.raw, dtype)
        if dtype.kind not in "biuf":
            return None
        return Encoding(dtype, _fill(meta.raw.get("fill_value"), dtype), codec, meta.chunks)
    except (TypeError, ValueError, KeyError, LookupError):
        return None


def _codec_v2(raw: dict[str, Any]) -> Any:
    compressor = raw.get("compressor")
    if raw.get("filters") or raw.get("order", "C") != "C" or (compressor and compressor["id"] not in _V2_CODECS):
        raise LookupError
    return numcodecs.get_codec(compressor) if compressor else None


def _codec_v3(raw: dict[str, Any], dtype: np.dtype) -> Any:
    first, *rest = raw["codecs"]
    little = (first.get("configuration") or {}).get("endian", "little") == "little"
    regular = raw["chunk_grid"]["name"] == "regular" and not raw.get("storage_transformers")
    if first["name"] != "bytes" or not (little or dtype.itemsize == 1) or len(rest) > 1 or not regular:
        raise LookupError
    return _V3_CODECS[rest[0]["name"]]() if rest else None


def _fill(value: Any, dtype: np.dtype) -> Any:
    if value is None:
        return dtype.type(0)
    if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
        raise LookupError
    return dtype.type(float(value)) if isinstance(value, str) else dtype.type(value)


def read_direct(meta: ArrayMeta, index: tuple[Part, ...]) -> np.ndarray | None:
    """Values of a part of the array, None when its encoding or the index is not simple enough.

    Raises
    ------
    DataError
        If a chunk is cut short or cannot be decoded, naming its file.
    """
    encoding = meta.encoding
    parts = [_plain(part) for part in index] + [slice(None)] * (len(meta.shape) - len(index))
    if encoding is None or not meta.shape or len(parts) != len(meta.shape) or not _is_simple(parts):
        return None
    chunks = [max(chunk, 1) for chunk in meta.chunks]  # a dimension of length 0 may have chunks of length 0
    axes = [list(_pieces(part, *sizes)) for part, *sizes in zip(parts, meta.shape, chunks, strict=True)]
    if all(len(pieces) == 1 for pieces in axes):
        return _one_chunk(meta, encoding, [pieces[0] for pieces in axes], parts)
    result = np.full([_length(part, size) for part, size in zip(parts, meta.shape, strict=True)], encoding.fill)
    for chosen in itertools.product(*axes):
        values = encoding.decode(chunk_path(meta, tuple(piece.number for piece in chosen)))
        if values is not None:
            result[tuple(piece.target for piece in chosen)] = values[tuple(piece.source for piece in chosen)]
    return result[tuple(0 if isinstance(part, int) else slice(None) for part in parts)]


def _plain(part: Part) -> Part:
    return part if isinstance(part, slice | np.ndarray) else operator.index(part)


def _is_simple(parts: list[Part]) -> bool:
    stepping = any(isinstance(part, slice) and part.step not in (None, 1) for part in parts)
    return not stepping and sum(isinstance(part, np.ndarray) for part in parts) <= 1


@dataclass(frozen=True)
class _Piece:
    """What one chunk gives along one dimension: from where in the chunk, to where in the result."""

    number: int
    source: slice | np.ndarray
    target: slice | np.ndarray


def _pieces(part: Part, size: int, chunk: int) -> Iterator[_Piece]:
    if isinstance(part, np.ndarray):
        wanted = _checked(part, size)
        for number in np.unique(wanted // chunk).tolist():
            at = np.flatnonzero(wanted // chunk == number)
            yield _Piece(number, wanted[at] - number * chunk, at)
        return
    first, stop = _bounds(part, size)
    for number in range(first // chunk, -(-stop // chunk) if stop > first else 0):
        low, high = max(first, number * chunk), min(stop, (number + 1) * chunk)
        yield _Piece(number, slice(low - number * chunk, high - number * chunk), slice(low - first, high - first))


def _bounds(part: slice | int, size: int) -> tuple[int, int]:
    if isinstance(part, slice):
        first, stop, _ = part.indices(size)
        return first, max(stop, first)
    at = int(_checked(np.array([part]), size)[0])
    return at, at + 1


def _checked(part: np.ndarray, size: int) -> np.ndarray:
    wanted = np.where(part < 0, part + size, part).astype(np.int64)
    if len(wanted) and (wanted.min() < 0 or wanted.max() >= size):
        raise IndexError(f"position outside 0..{size - 1}")
    return wanted


def _length(part: Part, size: int) -> int:
    if isinstance(part, np.ndarray):
        return len(part)
    first, stop = _bounds(part, size)
    return stop - first


def _one_chunk(meta: ArrayMeta, encoding: Encoding, chosen: list[_Piece], parts: list[Part]) -> np.ndarray:
    """Without a copy where the order asked for is the stored one."""
    values = encoding.decode(chunk_path(meta, tuple(piece.number for piece in chosen)))
    if values is None:
        values = np.broadcast_to(np.asarray(encoding.fill), encoding.shape)
    found = values[tuple(piece.source for piece in chosen)]
    return np.asarray(found[tuple(0 if isinstance(part, int) else slice(None) for part in parts)])
