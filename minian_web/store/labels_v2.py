"""Labels in a group of zarr version 2, with consolidated metadata (`.zmetadata`) or without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np

from minian_web.store import files
from minian_web.store.zarrs import ArrayMeta, load_json

_NAME = "unit_labels"
_DOCUMENT, _ATTRS = f"{_NAME}/.zarray", f"{_NAME}/.zattrs"


def listed(group: Path) -> tuple[str, ...]:
    """Coordinates that the group lists."""
    return tuple(str(_json(group / ".zattrs").get("coordinates", "")).split())


def list_coordinates(group: Path, names: tuple[str, ...], stage: Path) -> None:
    """Make the group list these coordinates, so that labels never count as data."""
    attrs = _json(group / ".zattrs")
    _write(group / ".zattrs", _listing(attrs, names), stage, group / ".zgroup")


def shown(group: Path) -> bool:
    """Whether `.zmetadata` names labels."""
    return any(name in _consolidated(group) for name in (_DOCUMENT, _ATTRS))


def agrees(group: Path) -> bool:
    """Whether there is no `.zmetadata`, or it says of the labels what they say themselves."""
    copy = _consolidated(group)
    return not copy or all(copy.get(name) == _json(group / name) for name in (_DOCUMENT, _ATTRS))


def fits(meta: ArrayMeta, values: np.ndarray, dims: tuple[str, ...]) -> bool:
    """Whether new labels only need another chunk: one chunk, this type, plain order."""
    raw = meta.raw
    same = (meta.shape, meta.dims, np.dtype(meta.dtype)) == (values.shape, dims, values.dtype)
    return same and meta.chunks == meta.shape and not raw.get("filters") and raw.get("order") == "C"


def replace(meta: ArrayMeta, values: np.ndarray, stage: Path) -> None:
    """Exchange the one chunk, encoded as the array says."""
    compressor = meta.raw.get("compressor")
    data = numcodecs.get_codec(compressor).encode(np.ascontiguousarray(values)) if compressor else values.tobytes()
    files.replace_file(_chunk(meta.path, meta.raw), bytes(data), stage, like=meta.document)


def hide(group: Path, names: tuple[str, ...], stage: Path) -> None:
    """Make labels invisible: first for those who read `.zmetadata`, then for those who read the array's own."""
    _change(group, {_DOCUMENT: None, _ATTRS: None}, names, stage)
    files.unlink_file(group / _DOCUMENT)


def show(group: Path, values: np.ndarray, dims: tuple[str, ...], names: tuple[str, ...], stage: Path) -> None:
    """Write labels of which nothing is visible yet: chunk, attributes, `.zarray`, and `.zmetadata` last."""
    document = _document(values)
    attrs = {"_ARRAY_DIMENSIONS": list(dims)}
    chunk = _chunk(group / _NAME, document)
    files.replace_file(chunk, values.tobytes(), stage, like=group / ".zgroup")
    _write(group / _ATTRS, attrs, stage, group / ".zgroup")
    _remove_others(group / _NAME, {chunk, group / _ATTRS})
    _write(group / _DOCUMENT, document, stage, group / ".zgroup")
    _change(group, {_DOCUMENT: document, _ATTRS: attrs}, names, stage)


def _document(values: np.ndarray) -> dict[str, Any]:
    # no fill value: xarray would take it for missing data, and zarr would leave out a chunk that is full of it
    return {
        "chunks": [max(size, 1) for size in values.shape],
        "compressor": None,
        "dtype": values.dtype.str,
        "fill_value": None,
        "filters": None,
        "order": "C",
        "shape": list(values.shape),
        "zarr_format": 2,
    }


def _chunk(array: Path, document: dict[str, Any]) -> Path:
    separator = document.get("dimension_separator", ".")
    return array / separator.join("0" * len(document["shape"]))


def _remove_others(array: Path, kept: set[Path]) -> None:
    for path in sorted(array.rglob("*"), reverse=True):
        if path.is_file() and path not in kept:
            files.unlink_file(path)


def _consolidated(group: Path) -> dict[str, Any]:
    return dict(_json(group / ".zmetadata").get("metadata") or {})


def _change(group: Path, entries: dict[str, dict[str, Any] | None], names: tuple[str, ...], stage: Path) -> None:
    """Put entries into `.zmetadata` where there is one, or take them out; the rest of it stays as it is."""
    whole = _json(group / ".zmetadata")
    if not whole:
        return
    metadata = dict(whole.get("metadata") or {})
    for name, entry in entries.items():
        metadata.pop(name, None)
        if entry is not None:
            metadata[name] = entry
    metadata[".zattrs"] = _listing(dict(metadata.get(".zattrs") or {}), names)
    _write(group / ".zmetadata", {**whole, "metadata": metadata}, stage, group / ".zgroup")


def _listing(attrs: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    already = str(attrs.get("coordinates", "")).split()
    return {**attrs, "coordinates": " ".join(dict.fromkeys([*already, *names]))}


def _json(path: Path) -> dict[str, Any]:
    try:
        return load_json(path)
    except FileNotFoundError:
        return {}


def _write(path: Path, content: dict[str, Any], stage: Path, like: Path) -> None:
    if _json(path) != content or not path.exists():
        files.replace_file(path, json.dumps(content, indent=4).encode(), stage, like=like)
