"""Movies to be written: whatever holds their frames, read block by block so that memory stays constant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest

if TYPE_CHECKING:
    from minian_web.store.movies import Playable

DIMS = ("frame", "height", "width")
BLOCK = 32 * 2**20  # bytes read at once where chunks are short or there are none


@dataclass(frozen=True, eq=False)
class Film:
    """Frames that can be read a few at a time.

    Attributes
    ----------
    name
        For messages.
    frames, heights, widths
        Coordinates.
    dtype
        Of the values.
    chunk
        Frames that are stored, and best read, together.
    read
        Called with a slice of positions; gives `(frame, height, width)` values.
    """

    name: str
    frames: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    dtype: np.dtype
    chunk: int
    read: Callable[[slice], np.ndarray]

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.frames)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return len(self.heights), len(self.widths)

    def part(self, start: int, stop: int) -> Film:
        """Give the frames at positions `start` to `stop`, half open, as a film of its own."""
        start, stop = max(0, start), min(stop, self.n_frames)
        if start >= stop:
            raise BadRequest(f"{self.name}: there is no frame between positions {start} and {stop}")
        read = self.read
        return replace(
            self,
            frames=self.frames[start:stop],
            read=lambda part: read(slice(part.start + start, part.stop + start)),
        )

    def blocks(self) -> Iterator[slice]:
        """Slices of positions that follow the chunks and are not large."""
        frame = max(1, self.shape[0] * self.shape[1] * self.dtype.itemsize)
        length = max(1, BLOCK // (self.chunk * frame)) * self.chunk
        for start in range(0, self.n_frames, length):
            yield slice(start, min(start + length, self.n_frames))


def of_movie(movie: Playable) -> Film:
    """Film of a movie."""
    return Film(
        movie.name,
        movie.frames,
        movie.heights,
        movie.widths,
        movie.dtype,
        movie.chunk,
        movie.read,
    )


def of_array(array: xr.DataArray, name: str = "arr") -> Film:
    """Film of an array with dimensions frame, height, width in any order, in memory or lazy.

    Raises
    ------
    BadRequest
        If it has other dimensions or does not hold numbers.
    """
    if not isinstance(array, xr.DataArray):
        raise BadRequest(f"{name}: expected an xarray.DataArray, found {type(array).__name__}")
    if sorted(map(str, array.dims)) != sorted(DIMS):
        raise BadRequest(f"{name}: expected dimensions {', '.join(DIMS)}, found {', '.join(map(str, array.dims))}")
    if array.dtype.kind not in "biuf":
        raise BadRequest(f"{name}: expected numbers, found {array.dtype}")
    ordered = array.transpose(*DIMS)
    frames, heights, widths = (np.asarray(ordered[dim].values) for dim in DIMS)
    chunk = ordered.chunksizes["frame"][0] if ordered.chunks else 1

    def read(part: slice) -> np.ndarray:
        return np.asarray(ordered.isel(frame=part).values)

    return Film(name, frames, heights, widths, ordered.dtype, max(1, int(chunk)), read)
