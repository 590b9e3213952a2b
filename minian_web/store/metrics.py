"""Metrics of all units of a session, computed in the background and kept in the disk cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.appearance import Appearance
from minian_web.model.metrics import METRICS, Metrics, footprint_metrics, trace_metrics
from minian_web.model.transients import highest, transients
from minian_web.store.datasets import MEMORY
from minian_web.store.guard import guard_of

if TYPE_CHECKING:
    from minian_web.jobs import Tick
    from minian_web.model.footprints import Footprints
    from minian_web.model.keys import Key
    from minian_web.store.datasets import Dataset
    from minian_web.store.movies import Playable

__all__ = ["movie_match", "read_metrics", "traces_guard"]

_KIND, _MATCH_KIND = "metrics-2", "movie-match-1"
_BYTES_AT_ONCE = 16 * 2**20  # of one variable's traces
_BLOCK = 64 * 2**20  # bytes of a movie that are read at once where chunks are short


def traces_guard(dataset: Dataset, key: Key) -> str:
    """Guard of the footprints, of C, S and YrA, and of the session."""
    if dataset.form in ("netcdf", MEMORY):
        return f"{dataset.current_guard()} {key}"
    names = [name for name in ("C", "S", "YrA") if dataset.has(name)]
    return f"{dataset.guard} {guard_of(*(dataset.container.variable(name).path for name in names))} {key}"


def read_metrics(dataset: Dataset, key: Key = (), tick: Tick | None = None) -> Metrics:
    """Metrics of footprints and traces of one session.

    Parameters
    ----------
    tick
        Called with the part done, 0..1; may raise to stop the work.

    Returns
    -------
    Metrics
        Units that a variable lacks have NaN there.

    Raises
    ------
    DataError
        If a chunk cannot be read.
    """
    footprints = dataset.footprints(key)
    guard = traces_guard(dataset, key)
    found = dataset.cache.get(_KIND, guard)
    if found is None or len(found.get("area", ())) != len(footprints.unit_ids):
        found = {**footprint_metrics(footprints), **_of_traces(dataset, key, footprints, tick or _ignore)}
        dataset.cache.put(_KIND, guard, found)
    return Metrics(footprints.unit_ids).with_columns({name: found[name] for name in METRICS if name in found})


def _ignore(_fraction: float) -> None:
    return None


def _of_traces(
    dataset: Dataset, key: Key, footprints: Footprints, tick: Callable[[float], None]
) -> dict[str, np.ndarray]:
    if not dataset.has("C"):
        return {}
    columns: dict[str, np.ndarray] = {}
    for at, rows in _rows(dataset, key, footprints, tick):
        c = rows.pop("C")
        for name, values in trace_metrics(c, rows.get("S"), rows.get("YrA")).items():
            columns.setdefault(name, np.full(len(footprints.unit_ids), np.nan))[at] = values
    return columns


def _rows(
    dataset: Dataset, key: Key, footprints: Footprints, tick: Callable[[float], None], names: tuple[str, ...] = ()
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Traces of some units at a time: their positions among the footprints, and C, S and YrA where these are stored."""
    names = names or tuple(name for name in ("C", "S", "YrA") if dataset.has(name))
    known = [dataset.container.variable(name).unit_ids() for name in names]
    here = np.flatnonzero(np.logical_and.reduce([np.isin(footprints.unit_ids, ids) for ids in known]))
    step = max(1, _BYTES_AT_ONCE // max(1, dataset.frames.size * 8))
    for first in range(0, len(here), step):
        at = here[first : first + step]
        yield at, {name: dataset.traces(name, footprints.unit_ids[at], key) for name in names}
        tick(min(first + step, len(here)) / len(here))


def movie_match(
    dataset: Dataset,
    movie: Playable,
    key: Key = (),
    tick: Tick | None = None,
    big_reads: AbstractContextManager[Any] | None = None,
    rest: float = 0.5,
) -> np.ndarray:
    """Correlation of each footprint with the movie at the unit's highest peaks, as `model.appearance` has it.

    Parameters
    ----------
    big_reads
        Held while a part of the movie is read, so that two of them are never in memory at once.
    rest
        Time left to players after each part, as a multiple of the time that the part took.

    Returns
    -------
    numpy.ndarray
        `(n,)` float64 in the order of the footprints.

    Raises
    ------
    BadRequest
        If the movie does not fit the dataset.
    DataError
        If a chunk cannot be read.
    """
    footprints = dataset.footprints(key)
    if (movie.height, movie.width) != footprints.shape:
        raise BadRequest(f"{movie.name} is {movie.height} x {movie.width}, the footprints are {footprints.shape}")
    guard = f"{traces_guard(dataset, key)} {movie.guard}"
    found = dataset.cache.get(_MATCH_KIND, guard)
    if found is not None and found["movie_match"].shape == footprints.unit_ids.shape:
        return found["movie_match"]
    values = _match(dataset, movie, key, footprints, tick or _ignore, big_reads or nullcontext(), rest)
    dataset.cache.put(_MATCH_KIND, guard, {"movie_match": values})
    return values


def _match(
    dataset: Dataset,
    movie: Playable,
    key: Key,
    footprints: Footprints,
    tick: Callable[[float], None],
    big_reads: AbstractContextManager[Any],
    rest: float,
) -> np.ndarray:
    appearance = Appearance(footprints, _peaks(dataset, movie, key, footprints))
    chunk = max(1, movie.chunk)
    frame_bytes = movie.height * movie.width * movie.dtype.itemsize
    step = max(chunk, _BLOCK // max(frame_bytes, 1) // chunk * chunk)
    for first in range(0, movie.n_frames, step):
        last = min(first + step, movie.n_frames)
        if appearance.wants(first, last):
            begun = time.monotonic()
            with big_reads:
                appearance.add(first, movie.read(slice(first, last)))
            time.sleep(min(rest * (time.monotonic() - begun), 1.0))
        tick(last / movie.n_frames)
    return appearance.correlations()


def _peaks(dataset: Dataset, movie: Playable, key: Key, footprints: Footprints) -> list[np.ndarray]:
    """Positions in the movie of each unit's highest peaks."""
    places = {int(frame): place for place, frame in enumerate(movie.frames.tolist())}
    found: list[np.ndarray] = [np.zeros(0, np.int64)] * len(footprints.unit_ids)
    names = tuple(name for name in ("C", "S") if dataset.has(name))
    for at, rows in _rows(dataset, key, footprints, _ignore, names):
        for row, position in enumerate(at.tolist()):
            c, s = rows["C"][row], rows["S"][row] if "S" in rows else None
            frames = dataset.frames[highest(transients(c, s), c)]
            found[position] = np.array([places[int(f)] for f in frames if int(f) in places], np.int64)
    return found
