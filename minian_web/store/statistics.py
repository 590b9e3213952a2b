"""Statistics of all frames of a movie, computed block by block in the background and kept in the disk cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from minian_web.errors import DataError
from minian_web.jobs import Tick
from minian_web.model.frame_statistics import NAMES, FrameStatistics

if TYPE_CHECKING:
    from minian_web.store.cache import Cache
    from minian_web.store.movies import Playable

__all__ = ["FrameStatistics", "cached_statistics", "statistics"]

_KIND = "frame-statistics-1"
_BLOCK = 64 * 2**20  # bytes read at once where chunks are short
_PARTIAL_S = 0.5
_LONGEST_REST_S = 1.0


def cached_statistics(movie: Playable, cache: Cache | None) -> FrameStatistics | None:
    """Statistics from the disk cache, None when they are not there."""
    found = cache.get(_KIND, movie.guard) if cache else None
    if found is None or any(found.get(name, np.empty(0)).shape != (movie.n_frames,) for name in NAMES):
        return None
    return FrameStatistics(*(found[name] for name in NAMES))


def statistics(
    movie: Playable,
    tick: Tick,
    cache: Cache | None = None,
    rest: Callable[[], float] = lambda: 0.0,
    big_reads: AbstractContextManager[Any] | None = None,
    begun: FrameStatistics | None = None,
) -> FrameStatistics:
    """Compute the statistics of all frames.

    Parameters
    ----------
    tick
        Called as `tick(fraction, partial)` with the statistics as far as they are computed; may raise to stop.
        A part that cannot be read is left out.
    cache
        Where the result is looked for and kept.
    big_reads
        Held while a block is read, so that two of them are never in memory at once.
    rest
        Time to leave to players after each block, as a multiple of the time that the block took.
    begun
        Partial statistics of the same movie, told before a cancel; blocks that are complete there are not read again.

    Raises
    ------
    DataError
        At the end, if a chunk cannot be read, naming the first one.
    """
    known = cached_statistics(movie, cache)
    if known is not None:
        return known

    def read(part: slice) -> np.ndarray:
        with big_reads or nullcontext():
            return movie.read(part)

    found = begun.copy() if begun is not None else FrameStatistics.empty(movie.n_frames)
    chunk = movie.chunk
    told = time.monotonic()
    last: np.ndarray | None = None
    broken: list[DataError] = []
    for block in _left(list(_blocks(movie)), found):
        started = time.monotonic()
        last = _fill(found, read, block, chunk, last, broken)
        now = time.monotonic()
        partial = now - told > _PARTIAL_S
        tick(block.stop / movie.n_frames, *([found.copy()] if partial else []))
        told = now if partial else told
        time.sleep(min(rest() * (now - started), _LONGEST_REST_S))
    if broken:
        tick(1.0, found)
        raise broken[0]
    if cache:
        cache.put(_KIND, movie.guard, {name: found.of(name) for name in NAMES})
    return found


def _fill(
    found: FrameStatistics,
    read: Callable[[slice], np.ndarray],
    block: slice,
    chunk: int,
    before: np.ndarray | None,
    broken: list[DataError],
) -> np.ndarray | None:
    """Compute a block and give its last frame; what cannot be read is noted in `broken` and left out."""
    try:
        frames = read(block)
    except DataError as error:
        if block.stop - block.start <= chunk:
            broken.append(error)
            return None
        for start in range(block.start, block.stop, chunk):
            before = _fill(found, read, slice(start, min(start + chunk, block.stop)), chunk, before, broken)
        return before
    found.fill(block.start, frames, before)
    return frames[-1].copy()


def _left(blocks: list[slice], found: FrameStatistics) -> list[slice]:
    """Blocks from the last complete one on, which is read again for its last frame."""
    complete = [bool(np.isfinite(found.mean[block]).all()) for block in blocks]
    return blocks[max(0, [*complete, False].index(False) - 1) :]


def _blocks(movie: Playable) -> Iterator[slice]:
    chunk = movie.chunk
    frame = max(1, movie.height * movie.width * np.dtype(movie.dtype).itemsize)
    length = max(1, _BLOCK // (chunk * frame)) * chunk
    for start in range(0, movie.n_frames, length):
        yield slice(start, min(start + length, movie.n_frames))
