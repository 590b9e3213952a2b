"""The datasets under the roots that are served."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minian_web.errors import BadRequest, DatasetNotFound, MinianWebError, OutsideRoots
from minian_web.store.datasets import Dataset, open_dataset
from minian_web.store.finding import Search, Surroundings
from minian_web.store.movies import find_movies
from minian_web.store.pairing import Pairing, pairings
from minian_web.store.summaries import Details, stamp, summary
from minian_web.store.whereabouts import LOG, place_name

__all__ = ["Catalog", "Details", "Entry", "root_names"]

_LONGEST, _LONGEST_PART, _SHOWN = 4096, 255, 120


@dataclass(frozen=True)
class Entry:
    """A dataset, or a folder of movies that belongs to none.

    Attributes
    ----------
    id
        `<root name>/<relative path>`, or just the root's name when the root is it.
    path
        Where it is.
    kind
        "dataset" or "movies".
    root
        The root that it is under.
    """

    id: str
    path: Path
    kind: str
    root: Path


class Catalog:
    """Names and summaries of what is under the roots; safe to be used by several threads.

    Parameters
    ----------
    roots
        Folders that are served, each possibly itself a dataset. A root inside another root is served on its own only.
    pattern
        Regular expression that names of datasets match.
    state_dir
        Where logs of read-only datasets are.
    cache_dir
        Handed to the datasets that are opened.

    Attributes
    ----------
    roots
        Resolved root by its unique name.
    problems
        What could not be looked into at the last walk.
    """

    def __init__(
        self,
        roots: Sequence[Path | str],
        pattern: str,
        state_dir: Path | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        self.roots = root_names([Path(root) for root in roots])
        self._surroundings = Surroundings(list(self.roots.values()))
        self.problems: tuple[str, ...] = ()
        self._pattern = re.compile(pattern)
        self._state_dir, self._cache_dir = state_dir, cache_dir
        self._entries: tuple[Entry, ...] | None = None
        self._details: dict[Path, tuple[tuple[object, ...] | None, Details]] = {}
        self._lock = threading.Lock()

    def entries(self, refresh: bool = False) -> tuple[Entry, ...]:
        """All datasets and folders of movies, by id; walks the folders at the first call and when told to."""
        with self._lock:
            if self._entries is None or refresh:
                self._entries = tuple(sorted(self._walk(), key=lambda entry: entry.id))
            return self._entries

    def _walk(self) -> list[Entry]:
        search = self._search()
        search.problems += [f"{root}: no such folder" for root in self.roots.values() if not root.exists()]
        found = [
            Entry(_id(name, root, one.path), one.path, one.kind, root)
            for name, root in self.roots.items()
            if root.exists()
            for one in search.below(root)
        ]
        self.problems = tuple(search.problems)
        return found

    def _search(self) -> Search:
        return Search(self._pattern, frozenset(self.roots.values()))

    def entry(self, dataset_id: str) -> Entry:
        """Entry of an id that may come from anywhere.

        Raises
        ------
        OutsideRoots
            If it leads out of the roots.
        DatasetNotFound
            If there is no such dataset, or only a link to it.
        """
        name, path = self._located(dataset_id)
        root = self.roots[name]
        kind = self._kind(root, path)
        if not kind:
            raise DatasetNotFound(f"dataset {_shown(dataset_id)}: {_instead(path)}")
        return Entry(_id(name, root, path), path, kind, root)

    def _kind(self, root: Path, path: Path) -> str:
        search = self._search()
        return (search.kind_of_root(root) if path == root else "") or search.kind_of(path)

    def _located(self, dataset_id: str) -> tuple[str, Path]:
        """Name of the root and resolved path."""
        shown = f"dataset {_shown(dataset_id)}"
        if not _is_name(dataset_id):
            raise DatasetNotFound(f"{shown}: that is no name")
        name, *parts = dataset_id.split("/")
        if ".." in (name, *parts) or not name:
            raise OutsideRoots(f"{shown}: a name cannot lead out of the folders that are served")
        if name not in self.roots:
            raise DatasetNotFound(f"{shown}: no folder named {_shown(name)} is served")
        if "" in parts or "." in parts:
            raise DatasetNotFound(f"{shown}: that is no name")
        return self._resolved(shown, name, self.roots[name].joinpath(*parts))

    def _resolved(self, shown: str, name: str, path: Path) -> tuple[str, Path]:
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError) as error:
            raise DatasetNotFound(f"{shown}: {type(error).__name__}") from error
        owner = self._owner(resolved)
        if owner is None:
            raise OutsideRoots(f"{shown} leads out of the folders that are served")
        if owner != name or resolved != path:
            true = _id(owner, self.roots[owner], resolved)
            raise DatasetNotFound(f"{shown}: only another name for {_shown(true)}, which is to be used")
        return name, resolved

    def _owner(self, path: Path) -> str | None:
        """Name of the innermost root that holds the path."""
        holding = [name for name, root in self.roots.items() if path.is_relative_to(root)]
        return max(holding, key=lambda name: len(self.roots[name].parts), default=None)

    def open(self, dataset_id: str) -> Dataset:
        """Open a dataset.

        Raises
        ------
        OutsideRoots, DatasetNotFound
            As `entry`.
        BadRequest
            If it is a folder of movies only.
        DataError
            If it cannot be read.
        """
        entry = self.entry(dataset_id)
        if entry.kind != "dataset":
            raise BadRequest(f"{entry.id} holds movies only, no cells")
        return open_dataset(entry.path, entry.id, self._cache_dir)

    def movies(self, dataset_id: str) -> list[Pairing]:
        """Movies of a dataset, each with whether it belongs to it; or all of a folder of movies."""
        entry = self.entry(dataset_id)
        if entry.kind == "dataset":
            return pairings(self.open(dataset_id), self.around(entry))
        movies, _ = find_movies(entry.path)
        return [Pairing(movie, "paired", "A folder of movies that belongs to no dataset.") for movie in movies]

    def around(self, entry: Entry) -> list[Path]:
        """Folders where movies of a dataset may be."""
        return self._surroundings.of(entry.path)

    def details(self, entry: Entry) -> Details:
        """Summary of an entry from metadata and small coordinates; what is wrong with it is in `problem`."""
        folders, log = self.around(entry), self._log_elsewhere(entry)
        now = stamp(entry.path, folders, log)
        before, known = self._details.get(entry.path, (None, None))
        if known is None or before != now:
            known = summary(entry.path, entry.kind, folders, log)
            self._details[entry.path] = now, known
        return known

    def _log_elsewhere(self, entry: Entry) -> Path | None:
        """Curation log of a read-only dataset, on this computer."""
        if self._state_dir is None or not (self._state_dir / "curation").is_dir():
            return None
        found = sorted((self._state_dir / "curation").glob(f"*.{place_name(entry.path)[:8]}.{LOG}"))
        return found[0] if found else None


def _is_name(dataset_id: object) -> bool:
    """Whether a file system could have such a name at all."""
    if not isinstance(dataset_id, str) or len(dataset_id) > _LONGEST or "\0" in dataset_id:
        return False
    try:
        encoded = dataset_id.encode()
    except UnicodeEncodeError:
        return False
    return all(len(part) <= _LONGEST_PART for part in encoded.split(b"/"))


def _shown(name: object) -> str:
    """Name as it is put into a message, however long it is."""
    text = str(name)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _id(name: str, root: Path, path: Path) -> str:
    return name if path == root else f"{name}/{path.relative_to(root).as_posix()}"


def root_names(roots: Sequence[Path]) -> dict[str, Path]:
    """Resolved roots by name: that of the folder, with -2, -3 where it is taken; a root given twice counts once.

    Raises
    ------
    MinianWebError
        If a path cannot be resolved.
    """
    named: dict[str, Path] = {}
    for root in roots:
        try:
            resolved = root.expanduser().resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise MinianWebError(f"{root}: {error}") from error
        if resolved in named.values():
            continue
        plain = resolved.name or "root"
        number, name = 1, plain
        while name in named:
            number += 1
            name = f"{plain}-{number}"
        named[name] = resolved
    return named


def _instead(path: Path) -> str:
    """What there is where a dataset was expected."""
    if not path.exists():
        return "there is nothing of this name"
    if path.is_file():
        return f"expected a folder of zarr groups, one zarr group or a netCDF file, found the file {path}"
    return f"expected a folder of zarr groups (A.zarr, C.zarr ...), found the folder {path} without any"
