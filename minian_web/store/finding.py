"""Find datasets and folders of movies below a root by the names of folders, without opening any array."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minian_web.store.containers import is_group
from minian_web.store.movies import has_movies

_log = logging.getLogger(__name__)

_FILES = (".nc", ".zarr")
_MOST = 4096


@dataclass(frozen=True)
class Found:
    """A dataset ("dataset") or a folder of movies that belongs to none ("movies")."""

    path: Path
    kind: str


@dataclass
class Search:
    """How to look: the pattern of names, folders that are roots of their own, and what could not be looked into."""

    pattern: re.Pattern[str]
    elsewhere: frozenset[Path] = frozenset()
    problems: list[str] = field(default_factory=list)

    def below(self, root: Path) -> list[Found]:
        """All that is in a root; the root itself when it is a dataset."""
        if kind := self.kind_of_root(root):
            return [Found(root, kind)]
        return self._below(root)

    def kind_of_root(self, root: Path) -> str:
        """Kind of a folder that was named by a user and so need not match the pattern; empty for a folder of others."""
        if root.is_file():
            return "dataset"
        if (root / "A.zarr").exists() or (is_group(root) and (root / "A").is_dir()):
            return "dataset"
        return "dataset" if self.pattern.search(root.name) and looks_like_dataset(root, empty=False) else ""

    def kind_of(self, path: Path) -> str:
        """Kind of something below a root; empty when it is neither."""
        if path.is_dir():
            if self.pattern.search(path.name) and looks_like_dataset(path):
                return "dataset"
            return "movies" if path.suffix != ".zarr" and has_movies(path) else ""
        return "dataset" if path.is_file() and self._is_file(path.name) else ""

    def _is_file(self, name: str) -> bool:
        return name.endswith(_FILES) and bool(self.pattern.search(name))

    def _below(self, folder: Path) -> list[Found]:
        found: list[Found] = []
        movies: list[Path] = []
        for entry in self._entries(folder):
            path = folder / entry.name
            if not entry.is_dir(follow_symlinks=False):
                found += [Found(path, "dataset")] if self._is_file(entry.name) else []
            elif self.pattern.search(entry.name) and looks_like_dataset(path):
                found.append(Found(path, "dataset"))
            elif entry.name.endswith(".zarr"):
                movies = movies or [folder]
            elif is_intermediate(entry.name):
                movies.append(path)
            elif not _is_sweep(entry.name) and path not in self.elsewhere:
                found += self._below(path)
        if any(one.kind == "dataset" for one in found):
            return found
        return found + [Found(path, "movies") for path in dict.fromkeys(movies) if has_movies(path)]

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """Entries by name, without hidden ones and links: what lies elsewhere is served from there or not at all."""
        try:
            with os.scandir(folder) as entries:
                kept = [entry for entry in entries if not entry.name.startswith(".") and not entry.is_symlink()]
        except OSError as error:
            self.problems.append(f"{folder}: cannot be looked into ({error.strerror})")
            return
        for entry in sorted(kept, key=lambda entry: entry.name):
            if _is_text(entry.name):
                yield entry
            else:
                self.problems.append(f"{folder}: {entry.name!r} is no name that a page could show")


def is_intermediate(name: str) -> bool:
    """Whether a folder of this name holds movies and earlier results of the pipeline."""
    return "intermediate" in name.lower()


def _is_sweep(name: str) -> bool:
    """Parameter sweeps: `sweep_spatial`, `sparse_penal=0.1,p=1`."""
    return name.startswith("sweep") or "=" in name


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return len(name) <= _MOST


def looks_like_dataset(folder: Path, *, empty: bool = True) -> bool:
    """Whether a folder whose name matches is a dataset, possibly a broken one, and not a folder of datasets."""
    folders = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".zarr") or entry.name in (".zgroup", "zarr.json", ".zmetadata"):
                    return True
                folders += entry.is_dir()
    except OSError:
        return True  # listed, and what is wrong is said when it is opened
    return empty and not folders


class Surroundings:
    """Folders where the movies of a dataset may be: the dataset itself, intermediate folders beside it and above.

    Only what lies inside the roots counts, and what lies beside a root that is itself a dataset. What a folder holds is
    looked up once for as long as it does not change: thousands of datasets share the folders above them.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = tuple(roots)
        self._known: dict[Path, tuple[int, list[Path]]] = {}

    def of(self, path: Path) -> list[Path]:
        """Folders around a dataset, the nearest first."""
        found = [path] if path.is_dir() else []
        for parent in path.parents:
            inside = any(parent.is_relative_to(root) for root in self._roots)
            beside = path in self._roots and parent == path.parent
            found += [folder for folder in self._intermediates(parent) if inside or beside or folder in self._roots]
            if not inside and parent != path.parent:
                break
        return found

    def _intermediates(self, parent: Path) -> list[Path]:
        try:
            changed = parent.stat().st_mtime_ns
        except OSError:
            return []
        known = self._known.get(parent)
        if known is None or known[0] != changed:
            known = self._known[parent] = changed, _intermediates(parent)
        return known[1]


def _intermediates(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            names = [
                entry.name for entry in entries if is_intermediate(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
    return [parent / name for name in sorted(names)]
