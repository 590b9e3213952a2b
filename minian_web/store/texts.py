"""Read arrays of text (animal, session, shift_dim ...) without zarr where that is simple.

A catalog reads thousands of them, and zarr warns of those in v3 whose data type has no specification yet; warnings can
only be silenced for the whole process, so the usual encodings are decoded here.
"""

from __future__ import annotations

import threading
import warnings
from typing import Any

import numcodecs
import numpy as np

from minian_web.errors import DataError
from minian_web.store.chunks import check_lengths, chunk_path
from minian_web.store.zarrs import ArrayMeta, read

_WARNINGS = threading.Lock()
_V3_CODECS = {"zstd": numcodecs.Zstd, "blosc": numcodecs.Blosc, "gzip": numcodecs.GZip}


def is_text(meta: ArrayMeta) -> bool:
    """Whether the array holds text."""
    return meta.dtype[1:2] in ("U", "S", "O") if meta.zarr_format == 2 else meta.dtype in _V3_TEXT


_V3_TEXT = ("string", "fixed_length_utf32", "null_terminated_bytes", "variable_length_utf8")


def read_texts(meta: ArrayMeta) -> np.ndarray:
    """Whole array as str, of any (small) shape.

    Raises
    ------
    DataError
        If it cannot be decoded.
    """
    check_lengths(meta)
    if meta.chunks == meta.shape:
        path = chunk_path(meta, (0,) * len(meta.shape))
        try:
            return as_str(_decoded(meta, path.read_bytes()).reshape(meta.shape))
        except FileNotFoundError:
            pass  # absent: the fill value, which zarr knows
        except (_Unusual, OSError):
            pass  # zarr knows how, or says why not
        except (ValueError, RuntimeError) as error:
            raise DataError(path, "encoded text", f"{type(error).__name__}: {error}") from error
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return as_str(read(meta))


class _Unusual(Exception):
    """An encoding that is left to zarr."""


def _decoded(meta: ArrayMeta, data: bytes) -> np.ndarray:
    return _decoded_v2(meta, data) if meta.zarr_format == 2 else _decoded_v3(meta, data)


def _decoded_v2(meta: ArrayMeta, data: bytes) -> np.ndarray:
    if meta.raw.get("filters") or meta.dtype[1:2] not in ("U", "S"):
        raise _Unusual
    if compressor := meta.raw.get("compressor"):
        data = numcodecs.get_codec(compressor).decode(data)
    return np.frombuffer(data, meta.dtype)


def _decoded_v3(meta: ArrayMeta, data: bytes) -> np.ndarray:
    first, *rest = meta.raw["codecs"]
    for codec in reversed(rest):
        if codec["name"] not in _V3_CODECS:
            raise _Unusual
        data = _V3_CODECS[codec["name"]]().decode(data)
    if meta.dtype == "string" and first["name"] == "vlen-utf8":
        return numcodecs.VLenUTF8().decode(data)
    configuration: dict[str, Any] = first.get("configuration") or {}
    if meta.dtype != "fixed_length_utf32" or configuration.get("endian", "little") != "little":
        raise _Unusual
    length = int(meta.raw["data_type"]["configuration"]["length_bytes"])
    return np.frombuffer(data, np.dtype(f"<U{length // 4}"))


def as_str(values: np.ndarray) -> np.ndarray:
    """Text of any kind (str, bytes, objects, numbers) as an array of str."""
    flat = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values.ravel()]
    return np.array(flat, dtype=str).reshape(values.shape)
