"""What was decided, for other programs: a table, a zarr store, a labelled copy of a netCDF file."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from minian_web.errors import BadRequest, NotWritable
from minian_web.model.decisions import Decisions
from minian_web.model.footprints import Footprints
from minian_web.model.keys import Key
from minian_web.store.curation import Curation
from minian_web.store.datasets import Dataset
from minian_web.store.files import replace_file, writing
from minian_web.store.layout import write_dataset
from minian_web.store.lines import Line, Unit
from minian_web.store.masks import read_mask
from minian_web.store.movies import Movie

__all__ = [
    "COLUMNS",
    "label_csv",
    "label_table",
    "label_zip",
    "mask_array",
    "mask_zip",
    "write_copy",
    "write_csv",
    "write_label_store",
    "write_mask_store",
]

COLUMNS = (
    "unit_id",
    "unit_label",
    "status",
    "reviewer",
    "time",
    "centroid_height",
    "centroid_width",
    "area_pixels",
    "is_accepted",
    "merged_into",
    "animal",
    "session",
)
ACCEPTED = {"kept": True, "merged": True, "discarded": False, "undecided": ""}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would execute such a cell


def label_table(curation: Curation, label_set: str = "main") -> pd.DataFrame:
    """Table with one row for each unit, in stored order.

    Parameters
    ----------
    curation
        What was decided.
    label_set
        `main`, or a reviewer's own.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. `unit_label` is -1 for a discarded unit and equal for units of one cell; `reviewer` and
        `time` (UTC, ISO 8601) are empty where nobody decided; centroids are centres of mass in the dataset's
        coordinates, empty for an empty footprint; `is_accepted` is empty while undecided; `merged_into` is the id of
        the unit that names the cell, empty for that unit itself.
    """
    last = _last_decision(curation.history(), label_set)
    dataset = curation.dataset
    rows = [row for key in dataset.keys for row in _rows(dataset, key, curation.decisions(key, label_set), last)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _last_decision(lines: Iterable[Line], label_set: str) -> dict[Unit, Line]:
    """Last line that changed what was decided about each unit."""
    last: dict[Unit, Line] = {}
    for line in lines:
        if line.label_set == label_set:
            changes = zip(line.units, line.before, line.after, strict=True)
            last.update({unit: line for unit, before, after in changes if before != after})
    return last


def _rows(dataset: Dataset, key: Key, decisions: Decisions, last: Mapping[Unit, Line]) -> Iterable[dict[str, Any]]:
    footprints = dataset.footprints(key)
    names = {**dataset.meta, **dict(key)}
    places = _centroids(dataset, footprints)
    for unit in decisions.unit_ids.tolist():
        decided, line, position = decisions.of(unit), last.get((key, unit)), footprints.position(unit)
        known = line is not None and decided.status != "undecided"
        yield {
            "unit_id": unit,
            "unit_label": decided.label,
            "status": decided.status,
            "reviewer": _harmless(line.reviewer) if known and line else "",
            "time": line.time if known and line else "",
            "centroid_height": places[position, 0],
            "centroid_width": places[position, 1],
            "area_pixels": int(footprints.areas[position]),
            "is_accepted": ACCEPTED[decided.status],
            "merged_into": decided.label if decided.status == "merged" and decided.label != unit else "",
            "animal": names.get("animal", ""),
            "session": names.get("session", ""),
        }


def _centroids(dataset: Dataset, footprints: Footprints) -> np.ndarray:
    """Centres of mass `(n, 2)` in the coordinates height and width."""
    axes = (dataset.heights, dataset.widths)
    found = [np.interp(footprints.centroids[:, i], np.arange(len(axis)), axis) for i, axis in enumerate(axes)]
    places = np.stack(found, axis=1)
    places[np.isnan(footprints.centroids).any(axis=1)] = np.nan
    return places


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def label_csv(curation: Curation, label_set: str = "main") -> bytes:
    """Give the table of `label_table` as CSV, UTF-8."""
    table = label_table(curation, label_set)
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n").encode()


def write_csv(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file in one step.

    Raises
    ------
    NotWritable
        If it exists and may not be overwritten, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise NotWritable(f"{path}: exists already; choose another name, or allow overwriting (--overwrite)")
    if not path.parent.is_dir():
        raise NotWritable(f"{path}: there is no folder {path.parent}")
    replace_file(path, data, stage=path.parent)


def label_variables(curation: Curation, label_set: str = "main") -> dict[str, xr.DataArray]:
    """`unit_labels` and `status` with the dataset's coordinates.

    int64 and text on `unit_id`; in a merged dataset float64 with NaN, and empty text, on the session dimensions
    and `unit_id`.
    """
    dataset = curation.dataset
    ids = dataset.stored_units
    dims = [dim for dim, _ in dataset.keys[0]]
    axes = {dim: list(dict.fromkeys(dict(key)[dim] for key in dataset.keys)) for dim in dims}
    shape = (*(len(values) for values in axes.values()), len(ids))
    labels, status = np.full(shape, np.nan), np.full(shape, "", dtype="<U9")
    for key in dataset.keys:
        place: tuple[Any, ...] = tuple(axes[dim].index(value) for dim, value in key)
        decisions = curation.decisions(key, label_set)
        at = np.flatnonzero(np.isin(ids, decisions.unit_ids))
        order = [decisions.position(int(unit)) for unit in ids[at]]
        labels[(*place, at)] = decisions.labels_array[order]
        status[(*place, at)] = decisions.statuses()[order]
    coords: dict[str, Any] = {**{dim: np.array(values) for dim, values in axes.items()}, "unit_id": ids}
    coords |= {name: value for name, value in dataset.meta.items() if name not in coords}
    stored = labels if dims else labels.astype(np.int64)
    return {
        "unit_labels": xr.DataArray(stored, dims=(*dims, "unit_id"), coords=coords),
        "status": xr.DataArray(status, dims=(*dims, "unit_id"), coords=coords),
    }


def write_label_store(path: Path, curation: Curation, label_set: str = "main") -> None:
    """Write one zarr (v2) group with `unit_labels` and `status`.

    Raises
    ------
    NotWritable
        If the path exists or cannot be written.
    BadRequest
        If it lies in the dataset, where minian would take it for a variable.
    """
    refuse_inside(path, curation.dataset)
    with writing(path):
        write_dataset(path, label_variables(curation, label_set), form="group")


def refuse_inside(path: Path, dataset: Dataset) -> None:
    """Raise `BadRequest` for a place in the dataset, where minian takes every folder for a variable."""
    if dataset.path.is_dir() and path.resolve().is_relative_to(dataset.path.resolve()):
        raise BadRequest(
            f"{path}: lies in the dataset, where minian would take it for a variable; choose another place"
        )


def label_zip(curation: Curation, label_set: str = "main") -> bytes:
    """Give the store of `write_label_store` as one zip file, which zarr and xarray can open as it is."""
    with tempfile.TemporaryDirectory(prefix="minian-web-") as folder:
        store = Path(folder) / "labels.zarr"
        write_label_store(store, curation, label_set)
        return zipped(store)


def zipped(folder: Path) -> bytes:
    """Files of a folder as an uncompressed zip file, in a fixed order."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
    return target.getvalue()


def write_copy(path: Path, curation: Curation, label_set: str = "main") -> None:
    """Write a copy of a netCDF dataset whose variables have the labels as coordinate `unit_labels`.

    Raises
    ------
    BadRequest
        If the dataset is no netCDF file; other forms hold the labels themselves.
    NotWritable
        If the path exists or cannot be written.
    """
    dataset = curation.dataset
    if dataset.form != "netcdf":
        raise BadRequest(f"{dataset.path}: is no netCDF file; its own arrays hold the labels")
    labels = label_variables(curation, label_set)["unit_labels"]
    if path.exists():
        raise NotWritable(f"{path}: exists already, and nothing is overwritten")
    with writing(path), xr.open_dataset(dataset.path, engine="h5netcdf") as opened:
        opened.assign_coords(unit_labels=(labels.dims, labels.values)).to_netcdf(path, engine="h5netcdf")


def mask_array(movie: Movie) -> xr.DataArray:
    """Mask of a movie as `(height, width)` bool with the movie's coordinates.

    Raises
    ------
    BadRequest
        If no mask was saved on it.
    """
    saved = read_mask(movie)
    if saved is None:
        raise BadRequest(f"{movie.group}: no mask was saved on {movie.variable}")
    box = next(box for box in saved.boxes if box.name == saved.mask)
    axes = {"height": movie.heights, "width": movie.widths}
    inside = {dim: (axis >= getattr(box, dim)[0]) & (axis <= getattr(box, dim)[1]) for dim, axis in axes.items()}
    values = inside["height"][:, None] & inside["width"][None, :]
    return xr.DataArray(values, dims=("height", "width"), coords={**axes, **movie.meta}, name="mask")


def write_mask_store(path: Path, movie: Movie) -> None:
    """Write one zarr (v2) group with the boolean array `mask`.

    Raises
    ------
    NotWritable
        If the path exists or cannot be written.
    BadRequest
        If no mask was saved, or the path lies among the movies.
    """
    if path.resolve().is_relative_to(movie.group.resolve().parent):
        raise BadRequest(
            f"{path}: lies among the movies, where minian would take it for a variable; choose another place"
        )
    mask = mask_array(movie)
    with writing(path):
        write_dataset(path, {"mask": mask}, form="group")


def mask_zip(movie: Movie) -> bytes:
    """Give the store of `write_mask_store` as one zip file."""
    with tempfile.TemporaryDirectory(prefix="minian-web-") as folder:
        write_mask_store(Path(folder) / "mask.zarr", movie)
        return zipped(Path(folder) / "mask.zarr")
