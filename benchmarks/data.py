"""Data for the benchmarks, as large as real ones can be and quick to make: chunks are linked, not copied.

Made once below `$MINIAN_WEB_BENCH_DATA` (by default `minian-web-bench` in the temporary folder); may be deleted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import dask.array as da
import numpy as np
import xarray as xr
from numcodecs import Blosc

from minian_web.model import phantom
from minian_web.model.simulate import Plan, Session, animal, record
from minian_web.store.layout import chunk_shape, write_dataset

SIDE = 608
DECAY = 0.93
VARIETY = 4  # chunks of a long movie that differ; the others are links to them


def folder() -> Path:
    """Where benchmark data are kept."""
    return Path(os.environ.get("MINIAN_WEB_BENCH_DATA") or Path(tempfile.gettempdir()) / "minian-web-bench")


def made(name: str, make: Callable[[Path], None]) -> Path:
    """Folder of this name with what `make` writes into it, made when it is not there yet."""
    path = folder() / name
    if not path.exists():
        part = path.with_name(f"{name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(path)
    return path


def large_dataset(units: int = 1000, frames: int = 20_000, side: int = SIDE) -> Path:
    """Dataset `minian` with this many units; A is dense on disk and almost empty, as minian leaves it."""
    name = f"large-{units}x{side}x{side}x{frames}"
    return made(name, lambda part: write_large(part / "minian", units, frames, side)) / "minian"


def write_large(path: Path, units: int, frames: int, side: int) -> None:
    rng = np.random.default_rng(1)
    cells = [phantom._draw_cell(tuple(rng.uniform(8, side - 8, 2)), 7.0, rng) for _ in range(units)]
    ids = rng.permutation(np.sort(rng.choice(2 * units, units, replace=False)))
    spikes = rng.exponential(20, (units, frames)) * (rng.random((units, frames)) < 0.01)
    axes = {"frame": np.arange(frames), "height": np.arange(side), "width": np.arange(side), "unit_id": ids}

    def array(data, *dims: str) -> xr.DataArray:
        coords = {dim: axes[dim] for dim in dims} | {"animal": "bench", "session": "large"}
        labels = {"unit_labels": ("unit_id", ids)} if "unit_id" in dims else {}
        return xr.DataArray(data, dims=dims, coords=coords | labels)

    def image(block_id: tuple[int, ...]) -> np.ndarray:
        return cells[block_id[0]].image((side, side))[None]

    a = da.map_blocks(image, chunks=((1,) * units, (side,), (side,)), dtype=np.float64, meta=np.empty((0, 0, 0)))
    calcium = phantom.calcium(spikes, DECAY)
    brightest = np.max([one.image((side, side)) for one in cells[:50]], axis=0)
    variables = {
        "A": array(a, "unit_id", "height", "width"),
        "C": array(calcium, "unit_id", "frame"),
        "S": array(spikes, "unit_id", "frame"),
        "b0": array(np.zeros_like(spikes), "unit_id", "frame"),
        "c0": array(np.zeros_like(spikes), "unit_id", "frame"),
        "max_proj": array((200 * brightest).astype(np.float32), "height", "width"),
    }
    write_dataset(path, variables)


def long_movie(frames: int = 200_000, name: str = "varr", side: int = SIDE) -> Path:
    """Folder `minian_intermediate` with a movie of many frames: `varr` (uint8) or `Y_fm_chk` (float32)."""
    title = f"{name}-{frames}x{side}x{side}"
    return (
        made(title, lambda part: write_movie(part / "minian_intermediate", name, frames, side)) / "minian_intermediate"
    )


def write_movie(path: Path, name: str, frames: int, side: int) -> None:
    per_chunk = chunk_shape(name, ("frame", "height", "width"), (frames, side, side))[0]
    plan = Plan(height=side, width=side, frames=min(VARIETY * per_chunk, frames), cells=150, radius=7, split=0, junk=0)
    short = record(plan, Session("bench", "long"), animal(plan)).movies[name]
    coords = {"frame": np.arange(frames), "height": np.arange(side), "width": np.arange(side)}
    empty = da.zeros((frames, side, side), chunks=(per_chunk, side, side), dtype=short.dtype)
    whole = xr.DataArray(empty, dims=("frame", "height", "width"), coords=coords)
    write_dataset(path, {name: whole}, without_chunks=[name])
    link_chunks(path / f"{name}.zarr" / name, short.values, frames, per_chunk)


def link_chunks(array: Path, short: np.ndarray, frames: int, per_chunk: int) -> None:
    codec = Blosc(cname="lz4", clevel=5, shuffle=Blosc.SHUFFLE)
    different = len(short) // per_chunk or 1
    for number in range(-(-frames // per_chunk)):
        target = array / f"{number}.0.0"
        if number >= different:
            os.link(array / f"{number % different}.0.0", target)
            continue
        chunk = np.zeros((per_chunk, *short.shape[1:]), short.dtype)
        part = short[number * per_chunk : (number + 1) * per_chunk]
        chunk[: len(part)] = part
        target.write_bytes(codec.encode(chunk))


def many_datasets(count: int = 2000) -> Path:
    """Folder of animals with 20 sessions each: tiny datasets whose files, but for the names, are links to one."""
    return made(f"catalog-{count}", lambda part: write_many(part, count))


def write_many(root: Path, count: int) -> None:
    plan = Plan(height=24, width=24, frames=20, cells=6, radius=3, split=0, junk=0, missed=0)
    made_once = record(plan, Session("animal000", "session00"), animal(plan)).results
    kept = {name: made_once[name] for name in ("A", "C", "S", "b0", "c0", "f", "max_proj", "motion")}
    labelled = {
        name: one.assign_coords(unit_labels=("unit_id", one["unit_id"].values)) if "unit_id" in one.dims else one
        for name, one in kept.items()
    }
    first = write_dataset(root / "animal000" / "session00" / "minian", labelled)
    for number in range(1, count):
        name, session = f"animal{number // 20:03}", f"session{number % 20:02}"
        target = root / name / session / "minian"
        shutil.copytree(first, target, copy_function=os.link)
        for group in target.iterdir():
            rename(group / "animal" / "0", name)
            rename(group / "session" / "0", session)


def rename(chunk: Path, text: str) -> None:
    chunk.unlink()
    chunk.write_bytes(np.array(text).tobytes())
