"""Facts about a dataset that a user has told us: `minian_web.json`, a plain file beside the arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minian_web.errors import DataError
from minian_web.store.datasets import Dataset
from minian_web.store.files import replace_file
from minian_web.store.movies import Movie
from minian_web.store.zarrs import load_json

__all__ = ["Facts", "confirm", "read_facts", "write_facts"]

NAME = "minian_web.json"
_VERSION = 1


@dataclass(frozen=True)
class Facts:
    """What was told about a dataset.

    Attributes
    ----------
    movies
        Guard, at the time, of each movie that a user has confirmed to belong to the dataset, by name.
    frame_rate
        Frames a second, None when nobody has said.
    pixel_size
        Micrometres a pixel, None when nobody has said.
    other
        What a later version has written; kept as it is.
    """

    movies: Mapping[str, str] = field(default_factory=dict)
    frame_rate: float | None = None
    pixel_size: float | None = None
    other: Mapping[str, Any] = field(default_factory=dict)


def read_facts(dataset: Dataset) -> Facts:
    """Facts of a dataset; none when there is no file.

    Raises
    ------
    DataError
        If the file is damaged, naming it.
    """
    path = dataset.note_path(NAME)
    try:
        stored = load_json(path)
    except FileNotFoundError:
        return Facts()
    movies = stored.pop("movies", {})
    if not isinstance(movies, dict) or not all(isinstance(guard, str) for guard in movies.values()):
        raise DataError(path, "guards of movies by name", repr(movies)[:80])
    numbers = {name: stored.pop(name, None) for name in ("frame_rate", "pixel_size")}
    for name, value in numbers.items():
        if value is not None and not (isinstance(value, int | float) and value > 0):
            raise DataError(path, f"a positive number as {name}", repr(value)[:80])
    return Facts(movies, **numbers, other=stored)


def write_facts(dataset: Dataset, facts: Facts) -> None:
    """Write the facts of a dataset in one step.

    Raises
    ------
    NotWritable
        If the folder cannot be written to.
    """
    told = {"movies": dict(facts.movies), "frame_rate": facts.frame_rate, "pixel_size": facts.pixel_size}
    known = {name: value for name, value in told.items() if value is not None}
    document = {**facts.other, "format": "minian-web facts", "version": _VERSION, **known}
    data = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    replace_file(dataset.note_path(NAME), data, dataset.notes, like=dataset.path)


def confirm(dataset: Dataset, movie: Movie) -> Facts:
    """Note that a user says that this movie, as it is now, belongs to the dataset."""
    before = read_facts(dataset)
    after = replace(before, movies={**before.movies, movie.name: movie.guard})
    write_facts(dataset, after)
    return after
