"""Maximum, mean and minimum of the frames of a movie, pixel by pixel."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from minian_web.jobs import Tick
from minian_web.store.films import Film

if TYPE_CHECKING:
    from minian_web.store.cache import Cache

__all__ = ["PROJECTIONS", "projections"]

PROJECTIONS = ("max", "mean", "min")
_KIND = "projections-1"


def projections(
    film: Film,
    guard: str,
    tick: Tick,
    cache: Cache | None = None,
    big_reads: AbstractContextManager[Any] | None = None,
) -> dict[str, np.ndarray]:
    """Give the projections of all frames of a film by name, each `(height, width)` float32; NaN is left out.

    Parameters
    ----------
    guard
        Says which film it is, for the cache.
    tick
        Called with the fraction done; may raise to stop.
    big_reads
        Held while a block is read.

    Raises
    ------
    DataError
        If a chunk cannot be read.
    """
    name = f"{guard} {film.frames[0]} {film.frames[-1]} {film.n_frames}"
    known = cache.get(_KIND, name) if cache else None
    if known is not None and all(known.get(one, np.empty(0)).shape == film.shape for one in PROJECTIONS):
        return known
    highest, lowest = np.full(film.shape, np.nan, np.float32), np.full(film.shape, np.nan, np.float32)
    total, count = np.zeros(film.shape), np.zeros(film.shape)
    for block in film.blocks():
        with big_reads or nullcontext():
            values = film.read(block)
        np.fmax(highest, np.fmax.reduce(values, axis=0), out=highest, dtype=np.float32, casting="unsafe")
        np.fmin(lowest, np.fmin.reduce(values, axis=0), out=lowest, dtype=np.float32, casting="unsafe")
        floats = values.dtype.kind == "f"
        total += np.nansum(values, axis=0, dtype=np.float64) if floats else values.sum(axis=0, dtype=np.float64)
        count += np.isfinite(values).sum(axis=0) if floats else len(values)
        tick(block.stop / film.n_frames)
    mean = np.divide(total, count, out=np.full(film.shape, np.nan), where=count > 0).astype(np.float32)
    found = {"max": highest, "mean": mean, "min": lowest}
    if cache:
        cache.put(_KIND, name, found)
    return found
