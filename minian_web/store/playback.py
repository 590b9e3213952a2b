"""Answers to players: what an HTTP request or a message over the websocket gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from minian_web.errors import BadRequest, Cancelled, Changed
from minian_web.model.frame_picking import region_slices
from minian_web.model.frame_request import MOST_BYTES, FrameRequest, pack
from minian_web.model.quantise import reduced
from minian_web.store.activity import Activity
from minian_web.store.frames import Frames, Wanted

if TYPE_CHECKING:
    from minian_web.store.datasets import Dataset
    from minian_web.store.movies import Playable


class Sources(Protocol):
    """What an answer needs of the runtime."""

    @property
    def frames(self) -> Frames:
        """Quantised frames."""

    def dataset(self, dataset_id: str) -> Dataset:
        """Open a dataset."""

    def movie(self, dataset_id: str, movie_name: str) -> Playable:
        """Give a movie."""


def answer(sources: Sources, request: FrameRequest, wanted: Wanted = lambda: True) -> bytes:
    """Give the reply to a request, as `frame_request.pack` defines it.

    Parameters
    ----------
    sources
        The runtime.
    wanted
        Asked before anything slow is done: whether anybody still waits for the reply.

    Raises
    ------
    BadRequest
        If there is no such frame, unit or region, or too much is asked for at once.
    Changed
        If the data are no longer those that the page speaks of.
    DatasetNotFound, OutsideRoots, DataError, Cancelled
        As reading does.
    """
    if not wanted():
        raise Cancelled("frames that nobody waits for")
    if request.units is None:
        return _of_movie(sources.frames, sources.movie(request.dataset, request.movie), request, wanted)
    dataset = sources.dataset(request.dataset)
    _check_guard(request, dataset.guard)
    activity = sources.frames.activities.of(dataset, request.units, request.key)
    return _of_activity(activity, request, dataset.guard)


def _of_movie(frames: Frames, movie: Playable, request: FrameRequest, wanted: Wanted) -> bytes:
    _check_guard(request, movie.guard)
    _check_size(request, movie.n_frames, movie.height, movie.width)
    if request.exact:
        return _packed(request, movie.guard, (None, None), _plain(frames.exact(movie, request.positions[0]))[None])
    low, high = _limits(request, frames.range_of(movie))
    levels = frames.read(movie, request.positions, low, high, request.region, request.scale, wanted)
    return _packed(request, movie.guard, (low, high), levels, stored=str(np.dtype(movie.dtype)))


def _of_activity(activity: Activity, request: FrameRequest, guard: str) -> bytes:
    _check_size(request, activity.n_frames, activity.height, activity.width)
    rows, columns = region_slices(request.region, activity.height, activity.width)
    if request.exact:
        return _packed(request, guard, (None, None), activity.values(request.positions))
    low, high = _limits(request, activity.range)
    levels = reduced(activity.levels(request.positions, low, high)[:, rows, columns], request.scale)
    return _packed(request, guard, (low, high), levels, stored="float32")


def _limits(request: FrameRequest, whole: tuple[float, float]) -> tuple[float, float]:
    if request.low is None or request.high is None:
        return whole
    return request.low, request.high


def _check_guard(request: FrameRequest, guard: str) -> None:
    if request.guard and request.guard != guard:
        raise Changed("The data have been written anew since this page was opened; reload the page.")


def _check_size(request: FrameRequest, n_frames: int, height: int, width: int) -> None:
    if request.positions[-1] >= n_frames:
        raise BadRequest(f"there is no frame at position {request.positions[-1]}: there are {n_frames} frames")
    if len(request.positions) > 1 and len(request.positions) * height * width > MOST_BYTES * request.scale**2:
        raise BadRequest(f"{len(request.positions)} frames of {height} x {width} pixels are too much for one request")


def _plain(frame: np.ndarray) -> np.ndarray:
    """Values in a type that JavaScript has an array for and that JSON-free transport can carry."""
    return frame if frame.dtype.itemsize <= 4 and frame.dtype != np.float16 else frame.astype(np.float64)


def _packed(
    request: FrameRequest, guard: str, limits: tuple[float | None, float | None], pixels: np.ndarray, stored: str = ""
) -> bytes:
    header: dict[str, Any] = {
        "dataset": request.dataset,
        "movie": request.movie,
        "units": request.units,
        "guard": guard,
        "low": limits[0],
        "high": limits[1],
        "positions": request.positions,
        "count": pixels.shape[0],
        "height": pixels.shape[1],
        "width": pixels.shape[2],
        "dtype": pixels.dtype.name,
        "stored": stored or pixels.dtype.name,
    }
    return pack(header, pixels)
