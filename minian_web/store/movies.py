"""Movies in the intermediate folders of the pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minian_web.errors import DataError, MinianWebError
from minian_web.store import zarrs
from minian_web.store.containers import group_variables, is_group, main_variable
from minian_web.store.guard import guard_of
from minian_web.store.playable import Playable
from minian_web.store.variables import Variable
from minian_web.store.zarrs import ArrayMeta, array_meta

__all__ = ["Movie", "Playable", "find_movies", "has_movies", "labelled", "movie_names"]

DIMS = ("frame", "height", "width")
_QUOTED = tuple(f'"{dim}"'.encode() for dim in DIMS)
# what the pipeline names so is no movie; a catalog need not read its metadata to know that
_FOOTPRINTS = frozenset(("A", "A_mrg", "A_new", "b", "max_proj", "seeds", "sn_spatial"))
_TRACES = frozenset(("C", "C_chk", "C_mrg", "S", "S_mrg", "YrA", "b0", "c0", "f", "g", "motion", "sig_mrg"))
NEVER_PLAYED = ("Y_hw_chk",)  # all frames in blocks of pixels: one frame would need the whole movie


@dataclass(frozen=True, eq=False)
class Movie:
    """A movie on disk.

    Attributes
    ----------
    name
        Folder and variable, such as `minian_intermediate/varr`; unique in its dataset.
    array
        The zarr array, `(frame, height, width)`.
    frames, heights, widths
        Its coordinates as stored.
    meta
        Its 0-d coordinates: animal and session, where it has them.
    guard
        Changes when the movie was rewritten.
    """

    name: str
    array: ArrayMeta
    frames: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    meta: dict[str, str]
    guard: str

    @property
    def variable(self) -> str:
        """Name of the variable, such as `varr`."""
        return self.array.name

    @property
    def group(self) -> Path:
        """The zarr group that holds it."""
        return self.array.path.parent

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.array.shape[0]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.array.shape[1]

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.array.shape[2]

    @property
    def dtype(self) -> np.dtype:
        """Type of the stored values."""
        return np.dtype(self.array.dtype)

    @property
    def identity(self) -> tuple[str, str]:
        """What tells its frames from those of every other movie."""
        return str(self.array.path), self.guard

    @property
    def chunk(self) -> int:
        """Frames of a chunk."""
        return max(1, self.array.chunks[0])

    def read(self, part: slice | int) -> np.ndarray:
        """Values of some frames, or of one; `DataError` when a chunk cannot be decoded."""
        return zarrs.read(self.array, (part,))


def find_movies(folder: Path, label: str = "") -> tuple[list[Movie], list[str]]:
    """Movies of an intermediate folder, or of one zarr group.

    Parameters
    ----------
    folder
        Where to look.
    label
        First part of the names; the folder's own name when not given.

    Returns
    -------
    tuple
        The movies by name, and what was wrong with others.
    """
    movies: list[Movie] = []
    problems: list[str] = []
    for array in _arrays(folder, problems):
        try:
            movies.append(_movie(array, label or folder.name))
        except MinianWebError as error:
            problems.append(str(error))
    return sorted(movies, key=lambda movie: movie.name), problems


def movie_names(folder: Path, label: str = "") -> list[str]:
    """Names of the movies of a folder, without opening their coordinates."""
    return sorted(f"{label or folder.name}/{array.name}" for array in _arrays(folder, []))


def has_movies(folder: Path) -> bool:
    """Whether there is a movie in this folder."""
    return next(_arrays(folder, []), None) is not None


def labelled(folders: Iterable[Path]) -> list[tuple[str, Path]]:
    """A label for each folder: its name, with the names of parents before it where that is not unique."""
    found = list(dict.fromkeys(folders))
    labels = []
    for folder in found:
        others = [other for other in found if other != folder]
        parts = 1
        while parts < len(folder.parts) and any(other.parts[-parts:] == folder.parts[-parts:] for other in others):
            parts += 1
        labels.append(("/".join(folder.parts[-parts:]).lstrip("/"), folder))
    return labels


def _arrays(folder: Path, problems: list[str]) -> Iterator[ArrayMeta]:
    """Arrays with the dimensions of a movie that may be played."""
    for path in _candidates(folder):
        if path.name in NEVER_PLAYED or path.name in _FOOTPRINTS | _TRACES or not _names_dims(path):
            continue
        try:
            meta = array_meta(path)
        except DataError as error:
            problems.append(str(error))
            continue
        if meta is not None and sorted(meta.dims) == sorted(DIMS) and len(meta.shape) == len(DIMS):
            yield meta


def _candidates(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    if is_group(folder):
        return [folder / name for name in names if not name.startswith(".")]
    return [folder / name / name.removesuffix(".zarr") for name in names if name.endswith(".zarr")]


def _names_dims(path: Path) -> bool:
    """Whether the metadata mention the dimensions of a movie; spares reading most arrays of a folder in full."""
    for name in (".zattrs", "zarr.json"):
        try:
            with open(f"{path}/{name}", "rb") as file:
                text = file.read()
        except OSError:
            continue
        return all(dim in text for dim in _QUOTED)
    return False


def _movie(array: ArrayMeta, label: str) -> Movie:
    variable = _variable(array)
    if variable.dims != DIMS:
        raise DataError(array.path, f"dimensions {', '.join(DIMS)}", f"dimensions {', '.join(variable.dims)}")
    if variable.dtype.kind not in "biuf":
        raise DataError(array.document, "numbers", array.dtype)
    frames, heights, widths = (variable.coordinate(dim) for dim in DIMS)
    guard = guard_of(array.path)
    return Movie(f"{label}/{array.name}", array, frames, heights, widths, variable.scalars(), guard)


def _variable(array: ArrayMeta) -> Variable:
    group = array.path.parent
    return main_variable(group) if group.stem == array.name else group_variables(group)[array.name]
