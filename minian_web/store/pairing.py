"""Which movies belong to a dataset.

Intermediate folders lie in the pipeline's working directory and the next recording overwrites them, so that a movie
beside a dataset may show other cells. It is paired only when everything agrees; else the user is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minian_web.errors import DataError
from minian_web.model.keys import Key
from minian_web.store.datasets import Dataset
from minian_web.store.facts import read_facts
from minian_web.store.guard import guard_of
from minian_web.store.movies import Movie, find_movies, labelled
from minian_web.store.zarrs import read

__all__ = ["Pairing", "pairings"]

_BOUNDED = "Y_fm_chk"  # max_proj is the maximum of this movie over all frames
_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class Pairing:
    """A movie, and whether it belongs to the dataset.

    Attributes
    ----------
    movie
        The movie.
    status
        "paired" (everything agrees), "confirmed" (a user says so) or "unsure" (the user must say).
    reason
        Why, as a sentence for the page.
    key
        The session that it shows, in a merged dataset.
    """

    movie: Movie
    status: str
    reason: str
    key: Key = ()


def pairings(dataset: Dataset, folders: Iterable[Path]) -> list[Pairing]:
    """All movies of some folders, each with whether it belongs to the dataset; those that do come first.

    Raises
    ------
    DataError
        If `minian_web.json` is damaged.
    """
    confirmed = read_facts(dataset).movies
    found: list[Pairing] = []
    for label, folder in labelled(folders):
        movies, _ = find_movies(folder, label)
        stale = next((doubt for movie in movies for doubt in _too_bright(dataset, movie)), None)
        found += [_pairing(dataset, movie, stale, confirmed.get(movie.name) == movie.guard) for movie in movies]
    return sorted(found, key=lambda pairing: pairing.status == "unsure")


def _pairing(dataset: Dataset, movie: Movie, stale: str | None, confirmed: bool) -> Pairing:
    key, doubts = _best_key(dataset, movie)
    doubts += [stale] if stale else []
    if not doubts:
        return Pairing(movie, "paired", "Session, pixels and frames agree with the dataset.", key)
    reason = f"{'; '.join(doubts)}."
    if confirmed:
        return Pairing(movie, "confirmed", f"Confirmed by a user, although {reason}", key)
    return Pairing(movie, "unsure", f"{reason[:1].upper()}{reason[1:]}", key)


def _best_key(dataset: Dataset, movie: Movie) -> tuple[Key, list[str]]:
    """The session that the movie shows, and what speaks against it."""
    doubts = {key: list(_doubts(dataset, key, movie)) for key in dataset.keys}
    if not doubts:
        return (), ["the dataset holds no session"]
    fitting = [key for key, against in doubts.items() if not against]
    if len(fitting) > 1:
        return fitting[0], ["the movie does not say which of the merged sessions it shows"]
    key = min(doubts, key=lambda key: len(doubts[key]))
    return key, doubts[key]


def _doubts(dataset: Dataset, key: Key, movie: Movie) -> Iterator[str]:
    for name, value in {**dataset.meta, **dict(key)}.items():
        if movie.meta.get(name, value) != value:
            yield f"the movie is of {name} {movie.meta[name]}, the dataset of {value}"
    agree = _inside if key else np.array_equal
    if not agree(movie.heights, dataset.heights) or not agree(movie.widths, dataset.widths):
        if (movie.height, movie.width) == dataset.shape:
            yield "the movie covers other heights and widths than the footprints"
        else:
            height, width = dataset.shape
            yield f"the movie has {movie.height}×{movie.width} pixels, the footprints {height}×{width}"
    if not agree(movie.frames, dataset.frames):
        if movie.n_frames == len(dataset.frames):
            yield "the frames of the movie have other numbers than those of the traces"
        else:
            yield f"the movie has {movie.n_frames} frames, the traces have {len(dataset.frames)}"


def _inside(part: np.ndarray, whole: np.ndarray) -> bool:
    """A merged dataset covers what any of its sessions covers."""
    return bool(np.isin(part, whole).all())


def _too_bright(dataset: Dataset, movie: Movie) -> Iterator[str]:
    """Whether sampled frames are somewhere above max_proj; then the folder holds another recording."""
    if movie.variable != _BOUNDED or not dataset.has("max_proj") or len(dataset.keys) != 1:
        return
    limit = dataset.max_projection(dataset.keys[0])
    if limit is None or limit.shape != (movie.height, movie.width):
        return
    name = f"{movie.guard} {guard_of(dataset.container.variable('max_proj').path)}"
    above = dataset.cache.get_json("above-1", name)
    if above is None:
        try:
            above = _pixels_above(movie, limit)
        except DataError as error:
            yield str(error)
            return
        dataset.cache.put_json("above-1", name, above)
    if above:
        yield f"{above} pixels of {_BOUNDED} in this folder are brighter than max_proj ever was"


def _pixels_above(movie: Movie, limit: np.ndarray) -> int:
    """All frames of one chunk in the middle are looked at: any frame of another recording tells."""
    length = max(movie.array.chunks[0], 1)
    first = (movie.n_frames // 2) // length * length
    frames = read(movie.array, (slice(first, first + length),))
    slack = _ROUNDING * float(np.nanmax(np.abs(limit), initial=0))
    return int((np.fmax.reduce(frames, axis=0) > limit + slack).sum())
