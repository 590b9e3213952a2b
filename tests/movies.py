"""Small movies on disk, for the tests of what plays them."""

# ruff: noqa: TID251 - written without our own code
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import zarr

from minian_web.jobs import Job
from minian_web.store.frames import Frames
from minian_web.store.movies import Movie, find_movies


def write_movie(
    folder: Path,
    values: np.ndarray,
    *,
    chunks: tuple[int, int, int],
    name: str = "varr",
    zarr_format: int = 2,
    frames: np.ndarray | None = None,
    **options: Any,
) -> Movie:
    """Write `(frame, height, width)` values as minian does and open them as a movie."""
    root = zarr.open_group(folder / f"{name}.zarr", mode="w", zarr_format=zarr_format)
    numbers = np.arange(len(values)) if frames is None else frames
    axes = {"frame": numbers, "height": np.arange(values.shape[1]), "width": np.arange(values.shape[2])}
    for title, data in {name: values, **axes}.items():
        movie = title == name
        dims = list(axes) if movie else [title]
        how: dict[str, Any] = {"chunks": chunks, **options} if movie else {"chunks": data.shape}
        how |= {"dimension_names": dims} if zarr_format == 3 else {}
        array = root.create_array(title, shape=data.shape, dtype=data.dtype, **how)
        array[...] = data
        if zarr_format == 2:
            array.attrs["_ARRAY_DIMENSIONS"] = dims
    movies, problems = find_movies(folder)
    assert problems == []
    return next(movie for movie in movies if movie.array.name == name)


def numbered(count: int, height: int = 6, width: int = 9, dtype: str = "uint8") -> np.ndarray:
    """Frames that are all different, each in a single value and a corner that tells up from down."""
    values = np.repeat(np.arange(count) % 200, height * width).reshape(count, height, width).astype(dtype)
    values[:, 0, 0] = 201
    values[:, -1, 0] = 202
    return values


class Sources:
    """Stands for the runtime: some movies and datasets by name."""

    def __init__(self, **known: Any) -> None:
        self.known, self.frames = known, Frames(2**22)

    def movie(self, _dataset: str, name: str) -> Any:
        return self.known[name]

    def dataset(self, name: str) -> Any:
        return self.known[name]


def stub_dataset(footprints: Any, traces: np.ndarray, guard: str = "guard") -> Any:
    """A dataset that has these footprints and traces `C`."""
    ids = [int(unit) for unit in footprints.unit_ids]

    def rows(_name: str, units: Any, _key: Any = ()) -> np.ndarray:
        return traces[[ids.index(int(unit)) for unit in units]]

    return SimpleNamespace(
        path=Path("somewhere"),
        guard=guard,
        frames=np.arange(traces.shape[1]),
        unit_ids=lambda _key=(): footprints.unit_ids,
        footprints_of=lambda _units, _key=(): footprints,
        traces=rows,
    )


class Now:
    """Jobs that are done before `run` returns."""

    def run(self, work: Any, *, done: Any, failed: Any, deliver: Any, progress: Any = None, **_how: Any) -> Job:
        def tick(*told: Any) -> None:
            if progress is not None:
                deliver(lambda: progress(*told))

        try:
            result = work(tick)
        except Exception as error:  # noqa: BLE001 - as `Jobs` does
            why = error
            deliver(lambda: failed(why))
        else:
            deliver(lambda: done(result))
        return Job("now")
