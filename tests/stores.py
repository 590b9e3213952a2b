"""Stores of every kind that minian leaves behind, made small: one function for each trap of docs/architecture.md.

Each function takes a new folder (usually `tmp_path`) and gives the path of what it wrote.
"""

# ruff: noqa: TID251 - what minian does with a store is done here without our own reading code
from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from minian_web.demo import identity_labels
from minian_web.model.simulate import Plan, Recording, Session, animal, record
from minian_web.store.layout import write_dataset

SMALL = Plan(height=40, width=48, frames=60, cells=9, radius=3.5, split=1, junk=1, missed=1, reach=2, seed=7)

Variables = dict[str, xr.DataArray]


@cache
def recording(session: Session, number: int = 0, plan: Plan = SMALL) -> Recording:
    """A small recording; never change its arrays."""
    return record(plan, session, animal(plan), number)


def results(session: str = "s1", labels: Sequence[int] | Mapping[int, int] | str | None = None) -> Variables:
    """Results of a small session: 'identity' labels, labels in the order of A, labels by unit id, or none."""
    number = int(session[1:]) - 1
    shifted = Session("a1", session, shift=(1.5 * number, -2.0 * number))
    return {name: labelled(array, labels) for name, array in recording(shifted, number).results.items()}


def movies(session: str = "s1") -> Variables:
    """`varr` and `Y_fm_chk` of the same session."""
    number = int(session[1:]) - 1
    return dict(recording(Session("a1", session, shift=(1.5 * number, -2.0 * number)), number).movies)


def labelled(array: xr.DataArray, labels: Sequence[int] | Mapping[int, int] | str | None) -> xr.DataArray:
    """The array with labels, if it has units and labels are wanted."""
    if labels is None or "unit_id" not in array.dims:
        return array
    if isinstance(labels, str):
        return identity_labels(array)
    ids = array["unit_id"].values.tolist()
    values = [labels.get(unit, unit) for unit in ids] if isinstance(labels, Mapping) else list(labels)
    return array.assign_coords(unit_labels=("unit_id", np.asarray(values, np.int64)))


# ---- forms -----------------------------------------------------------------------------------------------------------


def v2(folder: Path, *, session: str = "s1", labels: Any = None, with_movies: bool = False, **options: Any) -> Path:
    """minian 2.0.2: a folder of zarr v2 groups with consolidated metadata."""
    dataset = write_dataset(folder / "minian", results(session, labels), **options)
    if with_movies:
        write_dataset(folder / "minian_intermediate", movies(session), **options)
    return dataset


def unconsolidated(folder: Path, **options: Any) -> Path:
    """minian 1.2.1: the same without consolidated metadata."""
    return v2(folder, consolidated=False, **options)


def v3(folder: Path, *, consolidated: bool = False, **options: Any) -> Path:
    """A folder of zarr v3 groups, strings of fixed length."""
    return v2(folder, zarr_format=3, consolidated=consolidated, **options)


def v3_by_xarray(folder: Path, *, session: str = "s1", labels: Any = None) -> Path:
    """The same as xarray writes it by itself: other codecs, strings of variable length."""
    dataset = folder / "minian"
    with quiet():
        for name, array in results(session, labels).items():
            text = {c: array[c].astype(object) for c in ("animal", "session")}
            array.assign_coords(text).to_dataset(name=name).to_zarr(dataset / f"{name}.zarr", zarr_format=3)
    return dataset


def one_group(folder: Path, *, labels: Any = None, **options: Any) -> Path:
    """All variables in one zarr group."""
    return write_dataset(folder / "minian.zarr", results("s1", labels), form="group", **options)


def netcdf(folder: Path, *, labels: Any = None) -> Path:
    """All variables in one netCDF file."""
    return write_dataset(folder / "minian.nc", results("s1", labels), form="netcdf")


def merged_variables(labels: bool = False) -> Variables:
    """Two sessions of one animal merged: `animal` and `session` are dimensions, what is missing is NaN.

    Units are joined by id, so that a unit of one session is all NaN in the other; labels are float64 with NaN.
    """
    both = [{n: a.expand_dims(["animal", "session"]) for n, a in results(s).items()} for s in ("s1", "s2")]
    merged = {name: xr.concat([one[name] for one in both], "session", join="outer") for name in both[0]}
    if not labels:
        return merged
    present = merged["A"].notnull().any(["height", "width"])
    values = merged["A"]["unit_id"].astype(float).where(present)
    return {name: a.assign_coords(unit_labels=values) if "unit_id" in a.dims else a for name, a in merged.items()}


def merged(folder: Path, *, labels: bool = False, form: str = "groups", **options: Any) -> Path:
    """A dataset that minian merged from two sessions."""
    name = {"groups": "minian", "group": "minian.zarr", "netcdf": "minian.nc"}[form]
    return write_dataset(folder / name, merged_variables(labels), form=form, **options)  # type: ignore[arg-type]


def sessions(folder: Path, labels: Mapping[str, Any]) -> dict[str, Path]:
    """Sessions of one animal, `folder/a1/<session>/minian`, by name with what labels each has."""
    return {name: v2(folder / "a1" / name, session=name, labels=has) for name, has in labels.items()}


def labels_on_some(folder: Path) -> dict[str, Path]:
    """Three sessions of one animal of which only the first has labels."""
    return sessions(folder, {"s1": "identity", "s2": None, "s3": None})


# ---- contents --------------------------------------------------------------------------------------------------------


def rewritten(folder: Path, changes: Variables, *, drop: Sequence[str] = (), **options: Any) -> Path:
    """A v2 dataset with some variables replaced, added or dropped."""
    variables = {name: array for name, array in (results() | changes).items() if name not in drop}
    return write_dataset(folder / "minian", variables, **options)


def nonrigid(folder: Path) -> Path:
    """Motion of a grid of patches, dimensions in another order."""
    rigid = results()["motion"]
    grid = rigid.expand_dims(grid0=[0, 1], grid1=[0, 1, 2]).transpose("grid0", "frame", "shift_dim", "grid1")
    return rewritten(folder, {"motion": grid})


def frame_steps(folder: Path) -> Path:
    """Every second frame was read: `frame` is 0, 2, 4 ..., in the results and in the movies."""

    def stepped(variables: Variables) -> Variables:
        return {n: a.assign_coords(frame=2 * a["frame"]) if "frame" in a.dims else a for n, a in variables.items()}

    write_dataset(folder / "minian_intermediate", stepped(movies()))
    return write_dataset(folder / "minian", stepped(results()))


def reordered_traces(folder: Path, **options: Any) -> Path:
    """C and S hold the units in another order than A."""
    return rewritten(folder, {name: results()[name][::-1] for name in ("C", "S")}, **options)


def unit_without_trace(folder: Path) -> Path:
    """C lacks the first unit of A."""
    return rewritten(folder, {"C": results()["C"][1:]})


def many_chunks(folder: Path) -> Path:
    """Chunks that do not divide the lengths: partial at every edge."""
    chunks = {"A": (3, 32, 32), "C": (4, 25), "varr": (7, 32, 48), "Y_fm_chk": (13, 40, 31)}
    return v2(folder, with_movies=True, chunks=chunks)


def absent_chunks(folder: Path) -> Path:
    """Chunks equal to the fill value are absent from disk: dark frames, a silent unit, an empty footprint."""
    dark = movies()["varr"].copy()
    dark[10:20] = 0
    silent, empty = results()["C"].copy(), results()["A"].copy()
    silent[2], empty[2] = 0, 0
    fills = {"varr": 0, "A": 0.0, "C": 0.0}
    write_dataset(
        folder / "minian_intermediate",
        {"varr": dark},
        chunks={"varr": (10, 40, 48)},
        fill_values=fills,
        write_empty=False,
    )
    return rewritten(folder, {"A": empty, "C": silent}, fill_values=fills, write_empty=False)


def stale_metadata(folder: Path, names: Sequence[str] = ("A", "C", "max_proj"), *, raises: bool = False) -> Path:
    """Consolidated metadata that no longer match: read by them, values are wrong or an error is raised."""
    dataset = v2(folder, with_movies=True)
    for name in names:
        make_stale(dataset / f"{name}.zarr", raises=raises)
    make_stale(folder / "minian_intermediate" / "varr.zarr", raises=raises)
    return dataset


def make_stale(group: Path, *, raises: bool = False) -> None:
    """Let `.zmetadata` of a group tell another story than its array."""
    path = group / ".zmetadata"
    document = json.loads(path.read_text())
    array = document["metadata"][f"{group.stem}/.zarray"]
    if raises:
        array["chunks"] = [max(size // 2, 1) for size in array["chunks"]]
    else:
        array["order"] = "F"
    path.write_text(json.dumps(document))


# ---- damage ----------------------------------------------------------------------------------------------------------


def chunk_files(array: Path) -> list[Path]:
    """Chunk files of an array, in order of their names."""
    return sorted(p for p in array.rglob("*") if p.is_file() and not p.name.startswith(".z") and p.name != "zarr.json")


def truncated_chunk(folder: Path, name: str = "A") -> Path:
    """One chunk is cut short."""
    dataset = v2(folder, with_movies=True)
    group = (dataset if name in results() else folder / "minian_intermediate") / f"{name}.zarr"
    chunk = chunk_files(group / name)[1 if name in ("A", "C") else 0]
    chunk.write_bytes(chunk.read_bytes()[:-20])
    return dataset


def half_written(folder: Path, name: str = "C") -> Path:
    """The pipeline was stopped while it wrote a variable: there is a group and a folder, but no array."""
    dataset = v2(folder)
    (dataset / f"{name}.zarr" / name / ".zarray").unlink()
    (dataset / f"{name}.zarr" / ".zmetadata").unlink()
    return dataset


def without_array(folder: Path, name: str = "A") -> Path:
    """The folder of a variable is missing."""
    return rewritten(folder, {}, drop=[name])


def wrong_dims(folder: Path) -> Path:
    """A has dimensions that minian does not know."""
    return rewritten(folder, {"A": results()["A"].rename(height="y", width="x")})


def without_coordinates(folder: Path) -> Path:
    """A has dimensions but no coordinates."""
    return rewritten(folder, {"A": results()["A"].drop_vars(["unit_id", "height", "width"])})


def text_instead_of_zarr(folder: Path) -> Path:
    """`A.zarr` is a text file."""
    dataset = without_array(folder)
    (dataset / "A.zarr").write_text("this is no zarr store\n")
    return dataset


def broken_json(folder: Path, name: str = "A", document: str = ".zarray") -> Path:
    """Metadata of a variable are cut in the middle."""
    dataset = v2(folder)
    path = dataset / f"{name}.zarr" / name / document
    path.write_text(path.read_text()[:40])
    return dataset


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings: of v3 strings, of unconsolidated reads, of xarray's own defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# ---- what minian does ------------------------------------------------------------------------------------------------


def open_minian(dataset: Path) -> xr.Dataset:
    """Open a dataset the way minian does: every directory is a zarr store, its first variable counts, all merge."""
    if dataset.is_file():
        with xr.open_dataset(dataset, engine="h5netcdf") as opened:
            return opened.load()
    with quiet():
        found = [next(iter(xr.open_zarr(path).values())) for path in sorted(dataset.iterdir()) if path.is_dir()]
        return xr.merge(found, compat="no_conflicts", join="outer")


def open_minian_mf(datasets: Sequence[Path]) -> xr.Dataset:
    """Open several sessions the way minian does: the metadata become dimensions, all are combined."""
    opened = [open_minian(path) for path in datasets]
    return xr.combine_by_coords(
        [one.expand_dims(["animal", "session"]) for one in opened], join="outer", compat="no_conflicts", data_vars="all"
    )


def stored(path: Path) -> np.ndarray:
    """Values of a zarr array by its own metadata."""
    return np.asarray(zarr.open_array(path, mode="r")[...])
