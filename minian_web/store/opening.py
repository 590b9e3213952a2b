"""Open one dataset by itself, for a command or a script, with the same rights and duties as the server has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minian_web.errors import BadRequest, DatasetNotFound, NotWritable
from minian_web.settings import Settings
from minian_web.store.catalog import Catalog, Entry
from minian_web.store.curation import Curation, open_curation
from minian_web.store.lease import Lease

__all__ = ["locate", "opened_curation"]


def locate(settings: Settings, name: str) -> tuple[Catalog, Entry]:
    """Find a dataset by its path, or by its name under one of the roots.

    Parameters
    ----------
    settings
        Roots, pattern and directories; the roots need not hold a path that is given.
    name
        A path, which need not match the pattern, or an id `<root name>/<relative path>`.

    Raises
    ------
    DatasetNotFound
        If it is neither; the text says which datasets there are in a folder that is none.
    OutsideRoots
        If a name leads out of the roots.
    """
    path = Path(name).expanduser()
    if not path.exists():
        catalog = _catalog(settings, settings.roots)
        return catalog, catalog.entry(name)
    return _under_a_root(settings, path.resolve()) or _by_itself(settings, path)


def _catalog(settings: Settings, roots: tuple[Path, ...]) -> Catalog:
    return Catalog(roots, settings.pattern, state_dir=settings.state_dir, cache_dir=settings.cache_dir)


def _under_a_root(settings: Settings, path: Path) -> tuple[Catalog, Entry] | None:
    """The dataset by the name that it has for the server too, when it lies under a root and matches the pattern."""
    catalog = _catalog(settings, settings.roots)
    for name, root in catalog.roots.items():
        if path.is_relative_to(root):
            inside = path.relative_to(root).as_posix()
            try:
                return catalog, catalog.entry(name if inside == "." else f"{name}/{inside}")
            except DatasetNotFound:
                continue
    return None


def _by_itself(settings: Settings, path: Path) -> tuple[Catalog, Entry]:
    catalog = _catalog(settings, (path,))
    entries = catalog.entries()
    if [entry.path for entry in entries] != [path.resolve()]:
        names = [str(entry.path) for entry in entries[:3]]
        instead = f"; datasets in it: {', '.join(names)}{' ...' if len(entries) > 3 else ''}" if names else ""
        raise DatasetNotFound(f"{path}: is no dataset{instead}")
    return catalog, entries[0]


@contextmanager
def opened_curation(settings: Settings, catalog: Catalog, entry: Entry) -> Iterator[Curation]:
    """Decisions of a dataset: writable while nobody else writes there, what a crash left undone is completed.

    Raises
    ------
    BadRequest
        If it is a folder of movies.
    NotWritable
        If the decisions cannot be known: a damaged log, labels that contradict each other.
    DataError
        If the dataset cannot be read.
    """
    if entry.kind != "dataset":
        raise BadRequest(f"{entry.path}: holds movies only, no cells")
    dataset = catalog.open(entry.id)
    lease = Lease(entry.root, settings.state_dir)
    try:
        why = "minian-web was told to write nothing" if settings.read_only else lease.refusal(entry.path)
        curation = open_curation(
            dataset, state_dir=settings.state_dir, writable=not why, reason=why, holds=lambda: lease.held
        )
        if curation.problem:
            raise NotWritable(curation.problem)
        for key in dataset.keys:
            curation.bind_footprints(dataset.footprints(key).digest, key)
        yield curation
        curation.close()
    finally:
        lease.release()
