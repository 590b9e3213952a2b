"""Chunk files of a zarr array: which ones a read touches, and which of them is cut short.

A blosc chunk that lacks its last bytes decodes without complaint into wrong values, so its length is compared with
what its header says before anything is decoded.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minian_web.errors import DataError

if TYPE_CHECKING:
    from minian_web.store.zarrs import ArrayMeta

_BLOSC_HEADER = 16
_LIMIT = 4096


def chunk_path(meta: ArrayMeta, place: tuple[int, ...]) -> Path:
    """File of the chunk at this place of the chunk grid, there or not (an absent chunk holds the fill value)."""
    prefix, separator = _key_encoding(meta)
    parts = [prefix] if prefix else []
    parts += [str(number) for number in place]
    return meta.path / (separator.join(parts) or "0")


def _key_encoding(meta: ArrayMeta) -> tuple[str, str]:
    if meta.zarr_format == 2:
        return "", str(meta.raw.get("dimension_separator") or ".")
    encoding = meta.raw.get("chunk_key_encoding") or {"name": "default"}
    given = (encoding.get("configuration") or {}).get("separator")
    return ("c", given or "/") if encoding["name"] == "default" else ("", given or ".")


def touched(meta: ArrayMeta, index: tuple[Any, ...]) -> Iterator[tuple[int, ...]]:
    """Places of the chunk grid that a read with slices, integers or lists of integers touches."""
    given = list(index) + [slice(None)] * (len(meta.shape) - len(index))
    axes = [_numbers(part, size, chunk) for part, size, chunk in zip(given, meta.shape, meta.chunks, strict=True)]
    return itertools.product(*axes)


def _numbers(part: Any, size: int, chunk: int) -> list[int]:
    if isinstance(part, slice):
        wanted = range(size)[part]
        if not wanted:
            return []
        low, high = min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])
        return list(range(low // chunk, high // chunk + 1))
    positions = [part] if not hasattr(part, "__iter__") else list(part)
    return sorted({int(position) % max(size, 1) // chunk for position in positions})


def check_lengths(meta: ArrayMeta, index: tuple[Any, ...] = ()) -> None:
    """Refuse chunks that are shorter or longer than they say.

    Raises
    ------
    DataError
        Naming the chunk file.
    """
    kind = _last_codec(meta)
    expect: Callable[[bytes], int | None]
    if kind == "blosc":
        expect = _blosc_length
    elif kind == "none":
        expect = _plain_length(meta)
    else:
        return
    for place in itertools.islice(touched(meta, index), _LIMIT):
        _check_file(chunk_path(meta, place), expect)


def _last_codec(meta: ArrayMeta) -> str:
    if meta.zarr_format == 2:
        compressor = meta.raw.get("compressor")
        if compressor is None and not meta.raw.get("filters"):
            return "none"
        return str(compressor["id"]) if compressor else "other"
    codecs = [str(codec["name"]) for codec in meta.raw.get("codecs") or ()]
    if codecs == ["bytes"]:
        return "none"
    return codecs[-1] if codecs else "other"


def _blosc_length(head: bytes) -> int:
    return int(struct.unpack_from("<I", head, 12)[0]) if len(head) >= _BLOSC_HEADER else _BLOSC_HEADER


def _plain_length(meta: ArrayMeta) -> Callable[[bytes], int | None]:
    try:
        size = math.prod(meta.chunks) * np.dtype(meta.dtype).itemsize
    except TypeError:  # a data type that only zarr v3 names
        return lambda head: None
    return lambda head: size


def _check_file(path: Path, expect: Callable[[bytes], int | None]) -> None:
    try:
        with path.open("rb", buffering=0) as file:
            head, found = file.read(_BLOSC_HEADER), file.seek(0, 2)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise DataError(path, "a readable chunk file", f"{type(error).__name__}: {error.strerror}") from error
    wanted = expect(head)
    if wanted is not None and found != wanted:
        raise DataError(path, f"a chunk of {wanted} bytes", f"{found} bytes (cut short or half-written)")


def first_bad(meta: ArrayMeta, index: tuple[Any, ...] = ()) -> Path | None:
    """File of the first chunk of a read that cannot be decoded; None when each of them can on its own."""
    for place in itertools.islice(touched(meta, index), _LIMIT):
        try:
            meta.array.get_block_selection(place)
        except Exception:  # noqa: BLE001 - whatever a codec raises, this is the chunk that is asked for
            return chunk_path(meta, place)
    return None
