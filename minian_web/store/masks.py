"""Masks: boxes drawn on a movie, one of them the mask, kept as an attribute of the zarr group of that movie.

They die with the movie that they speak of: the pipeline overwrites the group.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minian_web.errors import BadRequest, Changed, DataError, DatasetNotFound
from minian_web.model.keys import Key, from_json, to_json
from minian_web.store import files
from minian_web.store.guard import guard_of
from minian_web.store.movies import Movie
from minian_web.store.zarrs import group_attrs, load_json

__all__ = ["Box", "SavedMask", "load_mask", "read_mask", "save_mask"]

ATTRIBUTE = "minian_web_mask"
VERSION = 1

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A box with a name; bounds, low and high, in the coordinates of the movie (not positions)."""

    name: str
    height: Bounds
    width: Bounds

    def slices(self) -> dict[str, slice]:
        """Box as `xarray.DataArray.sel` takes it."""
        return {"height": slice(*self.height), "width": slice(*self.width)}


@dataclass(frozen=True)
class SavedMask:
    """Boxes of a movie; `mask` names the one that is the mask, `key` the session it was drawn on."""

    boxes: tuple[Box, ...]
    mask: str
    key: Key = ()


def read_mask(movie: Movie) -> SavedMask | None:
    """Boxes saved on a movie; None when there are none.

    Raises
    ------
    DataError
        If the attribute does not hold what we write.
    """
    return _saved(movie.array.path.parent).get(movie.array.name)


def save_mask(movie: Movie, boxes: Sequence[Box], mask: str, key: Key = ()) -> SavedMask:
    """Save boxes on a movie, instead of those saved before; durable on return.

    Parameters
    ----------
    boxes
        With distinct names; what reaches over the edge of the image is cut off. None: those saved before are forgotten.
    mask
        Name of the one that is the mask; empty without boxes.
    key
        Session it was drawn on, `()` for an ordinary movie.

    Returns
    -------
    SavedMask
        As saved.

    Raises
    ------
    BadRequest
        If a box holds no pixel, or there is none of that name.
    Changed
        If the movie was rewritten since it was opened: the boxes were drawn on another one.
    NotWritable
        If it cannot be written.
    """
    fitted = tuple(_fitted(box, movie) for box in boxes)
    names = [box.name for box in fitted]
    if len(set(names)) < len(names):
        raise BadRequest(f"boxes need names of their own, these are {', '.join(names)}")
    if mask not in (names or [""]):
        raise BadRequest(f"there is no box {mask!r} to be the mask, only {', '.join(names) or 'none at all'}")
    saved = SavedMask(fitted, mask, key)
    if guard_of(movie.array.path) != movie.guard:
        raise Changed(f"{movie.array.path}: the movie was rewritten since it was opened; open it again")
    group = movie.array.path.parent
    others = {name: content for name, content in _raw(group).items() if name != movie.array.name}
    everything = {**others, movie.array.name: _content(saved)} if saved.boxes else others
    _write(group, movie.array.zarr_format, json.dumps({"version": VERSION, "movies": everything}))
    return saved


def _fitted(box: Box, movie: Movie) -> Box:
    height = _within(box, "height", box.height, movie.heights)
    return Box(str(box.name), height, _within(box, "width", box.width, movie.widths))


def _within(box: Box, dim: str, bounds: Bounds, coordinate: np.ndarray) -> Bounds:
    low, high = sorted(float(bound) for bound in bounds)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadRequest(f"box {box.name}: its {dim} runs from {low:g} to {high:g}")
    first, last = float(coordinate.min()), float(coordinate.max())
    if not ((coordinate >= low) & (coordinate <= high)).any():
        what = "outside of the image" if high < first or low > last else "between two pixels"
        raise BadRequest(
            f"box {box.name} holds no pixel: its {dim} {low:g} to {high:g} lies {what} ({first:g} to {last:g})"
        )
    half = (last - first) / max(len(coordinate) - 1, 1) / 2  # the image shows whole pixels
    return max(low, first - half), min(high, last + half)


def _content(saved: SavedMask) -> dict[str, Any]:
    boxes = [{"name": box.name, "height": list(box.height), "width": list(box.width)} for box in saved.boxes]
    return {"mask": saved.mask, "key": to_json(saved.key), "boxes": boxes}


def _raw(group: Path) -> dict[str, Any]:
    text = group_attrs(group).get(ATTRIBUTE)
    if text is None:
        return {}
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise DataError(group, f"{ATTRIBUTE} of version {VERSION}", f"version {content['version']}")
        return dict(content["movies"])
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(group, f"{ATTRIBUTE} as minian-web writes it", str(text)[:60]) from error


def _saved(group: Path) -> dict[str, SavedMask]:
    try:
        return {name: _parsed(content) for name, content in _raw(group).items()}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(group, f"{ATTRIBUTE} as minian-web writes it", f"{type(error).__name__}: {error}") from error


def _parsed(content: dict[str, Any]) -> SavedMask:
    boxes = tuple(Box(str(box["name"]), _bounds(box["height"]), _bounds(box["width"])) for box in content["boxes"])
    if content["mask"] not in [box.name for box in boxes]:
        raise ValueError(f"no box {content['mask']}")
    return SavedMask(boxes, str(content["mask"]), from_json(content["key"]))


def _bounds(pair: list[float]) -> Bounds:
    low, high = pair
    return float(low), float(high)


def _write(group: Path, zarr_format: int, text: str) -> None:
    stage = group.resolve().parent
    if zarr_format == 3:
        document = load_json(group / "zarr.json")
        changed = {**document, "attributes": {**(document.get("attributes") or {}), ATTRIBUTE: text}}
        files.replace_file(group / "zarr.json", _json(changed), stage)
        return
    files.replace_file(group / ".zattrs", _json({**group_attrs(group), ATTRIBUTE: text}), stage, like=group / ".zgroup")
    if (group / ".zmetadata").exists():
        copy = load_json(group / ".zmetadata")
        metadata = dict(copy.get("metadata") or {})
        metadata[".zattrs"] = {**(metadata.get(".zattrs") or {}), ATTRIBUTE: text}
        files.replace_file(group / ".zmetadata", _json({**copy, "metadata": metadata}), stage)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=4).encode()


def load_mask(path: Path | str) -> dict[tuple[str, ...], dict[str, slice]]:
    """Mask that was saved in the Movie Viewer, in the form of `VArrayViewer.mask`.

    Parameters
    ----------
    path
        Zarr group of the movie (`.../minian_intermediate/varr.zarr`), its array, or the folder of movies.

    Returns
    -------
    dict
        Metadata values (`()` for an ordinary movie) to `{"height": slice, "width": slice}`, in the coordinates of the
        movie; for `movie.sel`.

    Raises
    ------
    DatasetNotFound
        If nothing is there, or nothing was saved.
    DataError
        If what was saved cannot be read.
    BadRequest
        If several movies in a folder have different masks.
    """
    place = Path(path)
    if not place.exists():
        raise DatasetNotFound(f"{place}: no such file or folder")
    found = _masks_at(place)
    if not found:
        raise DatasetNotFound(f"{place}: no mask was saved on a movie here")
    masks = [_slices(saved) for saved in found.values()]
    if any(mask != masks[0] for mask in masks):
        raise BadRequest(f"{place}: several movies have masks; name one of {', '.join(map(str, found))}")
    return masks[0]


def _slices(saved: SavedMask) -> dict[tuple[str, ...], dict[str, slice]]:
    box = next(box for box in saved.boxes if box.name == saved.mask)
    return {tuple(value for _, value in saved.key): box.slices()}


def _masks_at(place: Path) -> dict[Path, SavedMask]:
    if own := _saved(place):
        return {place / name: saved for name, saved in own.items()}
    if above := _saved(place.parent).get(place.name):
        return {place: above}
    folders = [folder for folder in sorted(place.iterdir()) if folder.is_dir()] if place.is_dir() else []
    return {folder / name: saved for folder in folders for name, saved in _saved(folder).items()}
