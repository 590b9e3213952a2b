"""Frames of movies as 8-bit levels, decoded once for all sessions of the process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np

from minian_web.errors import Cancelled
from minian_web.model.frame_picking import Region, by_block, checked_positions, region_slices
from minian_web.model.quantise import percentile_limits, quantise, reduced, sampled_range
from minian_web.store.activity import Activities

if TYPE_CHECKING:
    from minian_web.store.movies import Playable

Range = tuple[float, float]
Wanted = Callable[[], bool]
_BlockId = tuple[str, str, int, float, float]

_FEWEST = 8  # frames that are decoded together, however short the chunks are
_SAMPLE = 24  # frames of the first block that the range is taken from
_BIG = 32 * 2**20  # bytes; blocks above are decoded one at a time, for the sake of memory


class Frames:
    """A byte-capped cache of quantised blocks of frames; one per process, safe to use from any thread.

    Parameters
    ----------
    capacity
        Bytes of 8-bit frames that are kept; those used longest ago go first.

    Attributes
    ----------
    decoded
        Blocks decoded so far.
    big_reads
        Held while a large block is read: one at a time, for the sake of memory.
    activities
        The last few selections of units, as movies.
    """

    def __init__(self, capacity: int = 256 * 2**20) -> None:
        self.capacity = capacity
        self.decoded = 0
        self.activities = Activities()
        self._blocks: OrderedDict[_BlockId, np.ndarray] = OrderedDict()
        self._ranges: dict[tuple[str, str], Range] = {}
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()
        self.big_reads = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held now."""
        with self._lock:
            return sum(block.nbytes for block in self._blocks.values())

    def range_of(self, movie: Playable) -> Range:
        """Values that become 0 and 255: `(0, 255)` for uint8, else those of a sample of the first block with a margin.

        Raises
        ------
        DataError
            If the first block cannot be read.
        """
        with self._lock:
            known = self._ranges.get(movie.identity)
        if known is not None:
            return known
        with self._lock_for(movie.identity):
            with self._lock:
                known = self._ranges.get(movie.identity)
            return known or self._sample(movie)

    def _sample(self, movie: Playable) -> Range:
        if movie.dtype == np.uint8:
            return sampled_range(np.zeros((0, 1, 1), np.uint8))
        values = _read_block(movie, 0, self._block_length(movie), self.big_reads)
        low, high = sampled_range(values[:: max(1, len(values) // _SAMPLE)])
        self.decoded += 1
        self._keep((*movie.identity, 0, low, high), quantise(values, low, high))
        with self._lock:
            self._ranges[movie.identity] = low, high
        return low, high

    def limits_of(self, movie: Playable, below: float = 0.5, above: float = 99.8) -> Range:
        """Colour limits that leave out the darkest and brightest pixels of the first block (percentiles)."""
        low, high = self.range_of(movie)
        levels = self._block(movie, 0, low, high)
        return percentile_limits(levels[:: max(1, len(levels) // _SAMPLE)], low, high, below, above)

    def read(
        self,
        movie: Playable,
        positions: Sequence[int] | slice,
        low: float | None = None,
        high: float | None = None,
        region: Region | None = None,
        scale: int = 1,
        wanted: Wanted = lambda: True,
    ) -> np.ndarray:
        """Give frames as levels.

        Parameters
        ----------
        positions
            Which frames, counted from 0, in the order wanted.
        low, high
            Values that become 0 and 255; the range of the movie when they are not given.
        region
            `row0, row1, column0, column1`, half open, in pixels.
        scale
            Side of the squares of pixels that become one.
        wanted
            Asked before a block is decoded: whether anybody still waits for it.

        Returns
        -------
        numpy.ndarray
            `(len(positions), height, width)` uint8, read-only when it is a part of the cache.

        Raises
        ------
        BadRequest
            If there is no such frame or region.
        DataError
            If a chunk cannot be read.
        Cancelled
            If nobody waits any more.
        """
        places = checked_positions(positions, movie.n_frames)
        rows, columns = region_slices(region, movie.height, movie.width)
        if low is None or high is None:
            low, high = self.range_of(movie)
        parts = [
            self._block(movie, number, low, high, wanted)[offsets][:, rows, columns]
            for number, offsets in by_block(places, self._block_length(movie))
        ]
        levels = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return reduced(levels, scale)

    def exact(self, movie: Playable, position: int) -> np.ndarray:
        """Give one frame as stored: `(height, width)` with the stored dtype.

        Raises
        ------
        BadRequest
            If there is no such frame.
        DataError
            If its chunk cannot be read.
        """
        (position,) = checked_positions([position], movie.n_frames)
        if movie.chunk * _frame_bytes(movie) <= _BIG:
            return movie.read(position)
        with self.big_reads:
            return movie.read(position)

    def _block(
        self, movie: Playable, number: int, low: float, high: float, wanted: Wanted = lambda: True
    ) -> np.ndarray:
        name = (*movie.identity, number, low, high)
        found = self._kept(name)
        if found is not None:
            return found
        try:
            with self._lock_for(name):
                found = self._kept(name)
                return found if found is not None else self._decode(movie, number, low, high, wanted)
        finally:
            with self._lock:
                self._locks.pop(name, None)

    def _decode(self, movie: Playable, number: int, low: float, high: float, wanted: Wanted) -> np.ndarray:
        levels = quantise(_read_block(movie, number, self._block_length(movie), self.big_reads, wanted), low, high)
        self.decoded += 1
        self._keep((*movie.identity, number, low, high), levels)
        return levels

    def _block_length(self, movie: Playable) -> int:
        """Frames of a block: whole chunks, unless one chunk would fill a good part of the cache."""
        chunk = movie.chunk
        length = chunk * -(-_FEWEST // chunk)
        most = max(1, self.capacity // 4 // max(1, movie.height * movie.width))
        return min(length, most)

    def _lock_for(self, name: object) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())

    def _kept(self, name: _BlockId) -> np.ndarray | None:
        with self._lock:
            block = self._blocks.get(name)
            if block is not None:
                self._blocks.move_to_end(name)
            return block

    def _keep(self, name: _BlockId, block: np.ndarray) -> None:
        block.setflags(write=False)
        with self._lock:
            self._blocks[name] = block
            total = sum(one.nbytes for one in self._blocks.values())
            while total > self.capacity and len(self._blocks) > 1:
                total -= self._blocks.popitem(last=False)[1].nbytes


def _frame_bytes(movie: Playable) -> int:
    return movie.height * movie.width * np.dtype(movie.dtype).itemsize


def _read_block(
    movie: Playable, number: int, length: int, one_big: threading.Lock, wanted: Wanted = lambda: True
) -> np.ndarray:
    start = number * length
    part = slice(start, min(start + length, movie.n_frames))
    big = max(length, movie.chunk) * _frame_bytes(movie) > _BIG
    with one_big if big else nullcontext():
        if not wanted():
            raise Cancelled(f"frames {part.start} to {part.stop} of {movie.name}")
        return movie.read(part)
