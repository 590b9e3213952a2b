"""Labels in a group of zarr version 3, with the metadata of its arrays copied into `zarr.json` or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np

from minian_web.store import files
from minian_web.store.zarrs import ArrayMeta, load_json

_NAME = "unit_labels"
_DOCUMENT = f"{_NAME}/zarr.json"
_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


def listed(group: Path) -> tuple[str, ...]:
    """Coordinates that the group lists."""
    return tuple(str((_json(group / "zarr.json").get("attributes") or {}).get("coordinates", "")).split())


def list_coordinates(group: Path, names: tuple[str, ...], stage: Path) -> None:
    """Make the group list these coordinates, so that labels never count as data."""
    _write(group / "zarr.json", _listing(_json(group / "zarr.json"), names), stage, group / "zarr.json")


def shown(group: Path) -> bool:
    """Whether the group's `zarr.json` has a copy of the labels' metadata."""
    return _NAME in (_copies(_json(group / "zarr.json")) or {})


def agrees(group: Path) -> bool:
    """Whether the group's `zarr.json` has no copies, or says of the labels what they say themselves."""
    copies = _copies(_json(group / "zarr.json"))
    return copies is None or copies.get(_NAME) == _json(group / _DOCUMENT)


def fits(meta: ArrayMeta, values: np.ndarray, dims: tuple[str, ...]) -> bool:
    """Whether new labels only need another chunk: one chunk, this type, a codec that we know."""
    same = (meta.shape, meta.dims, meta.dtype) == (values.shape, dims, values.dtype.name)
    codecs = meta.raw["codecs"]
    known = codecs[:1] == [_BYTES] and [codec["name"] for codec in codecs[1:]] in ([], ["zstd"])
    return same and known and meta.chunks == meta.shape and not meta.raw.get("storage_transformers")


def replace(meta: ArrayMeta, values: np.ndarray, stage: Path) -> None:
    """Exchange the one chunk, encoded as the array says."""
    data = values.tobytes()
    for codec in meta.raw["codecs"][1:]:
        data = bytes(numcodecs.Zstd(**codec["configuration"]).encode(data))
    files.replace_file(_chunk(meta.path, meta.raw), data, stage, like=meta.document)


def hide(group: Path, names: tuple[str, ...], stage: Path) -> None:
    """Make labels invisible: first the copy in the group's `zarr.json`, then the array's own."""
    _change(group, None, names, stage)
    files.unlink_file(group / _DOCUMENT)


def show(group: Path, values: np.ndarray, dims: tuple[str, ...], names: tuple[str, ...], stage: Path) -> None:
    """Write labels of which nothing is visible yet: chunk, the array's `zarr.json`, and the group's last."""
    document = _document(values, dims)
    chunk = _chunk(group / _NAME, document)
    files.replace_file(chunk, values.tobytes(), stage, like=group / "zarr.json")
    _remove_others(group / _NAME, chunk)
    _write(group / _DOCUMENT, document, stage, group / "zarr.json")
    _change(group, document, names, stage)


def _document(values: np.ndarray, dims: tuple[str, ...]) -> dict[str, Any]:
    shape = [max(size, 1) for size in values.shape]
    return {
        "shape": list(values.shape),
        "data_type": values.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0 if values.dtype.kind == "i" else "NaN",
        "codecs": [_BYTES],
        "attributes": {},
        "dimension_names": list(dims),
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def _chunk(array: Path, document: dict[str, Any]) -> Path:
    encoding = document["chunk_key_encoding"]
    plain = encoding["name"] == "v2"
    separator = (encoding.get("configuration") or {}).get("separator", "." if plain else "/")
    zeros = ["0"] * len(document["shape"])
    return array / separator.join(zeros if plain else ["c", *zeros])


def _remove_others(array: Path, kept: Path) -> None:
    for path in sorted(array.rglob("*"), reverse=True):
        if path.is_file() and path != kept:
            files.unlink_file(path)


def _copies(group: dict[str, Any]) -> dict[str, Any] | None:
    inline = group.get("consolidated_metadata")
    return None if inline is None else dict(inline.get("metadata") or {})


def _change(group: Path, document: dict[str, Any] | None, names: tuple[str, ...], stage: Path) -> None:
    whole = _listing(_json(group / "zarr.json"), names)
    copies = _copies(whole)
    if copies is not None:
        copies.pop(_NAME, None)
        if document is not None:
            copies[_NAME] = document
        whole["consolidated_metadata"] = {**whole["consolidated_metadata"], "metadata": copies}
    _write(group / "zarr.json", whole, stage, group / "zarr.json")


def _listing(group: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    attrs = dict(group.get("attributes") or {})
    already = str(attrs.get("coordinates", "")).split()
    return {**group, "attributes": {**attrs, "coordinates": " ".join(dict.fromkeys([*already, *names]))}}


def _json(path: Path) -> dict[str, Any]:
    try:
        return load_json(path)
    except FileNotFoundError:
        return {}


def _write(path: Path, content: dict[str, Any], stage: Path, like: Path) -> None:
    if _json(path) != content:
        files.replace_file(path, json.dumps(content, indent=2).encode(), stage, like=like)
