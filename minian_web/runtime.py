"""What lives for the whole process: catalog, opened datasets, caches, jobs, and the writer's leases.

Built once, by `start` (command line, server) or by the first `get` (settings from the environment); handed to pages.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from minian_web.errors import DataError, DatasetNotFound, NotWritable
from minian_web.jobs import Jobs
from minian_web.settings import Settings, from_env
from minian_web.shared import Shared

if TYPE_CHECKING:
    from minian_web.store.catalog import Catalog
    from minian_web.store.curation import Curation
    from minian_web.store.datasets import Dataset
    from minian_web.store.frames import Frames
    from minian_web.store.lease import Lease
    from minian_web.store.made import Made
    from minian_web.store.movies import Movie
    from minian_web.store.pairing import Pairing
    from minian_web.store.registration import Registrations
    from minian_web.store.saver import Saver

_log = logging.getLogger(__name__)

MOVIES_AGE = 5.0  # seconds for which a list of movies is believed without looking at the disk again
PATIENCE = 10.0  # seconds that saves have to end when the process is told to


class Runtime:
    """One per process.

    Attributes
    ----------
    settings
        What the process was started with.
    jobs
        The only way to a thread.
    catalog
        The datasets under the roots.
    frames
        Quantised frames, shared by all sessions.
    """

    def __init__(self, settings: Settings, threads: int = 4) -> None:
        self.settings = settings
        self.jobs = Jobs(short_threads=threads)
        self._datasets: Shared[Dataset] = Shared()
        self._curations: Shared[Curation] = Shared()
        self._savers: Shared[Saver] = Shared()
        self._movies: Shared[tuple[float, list[Pairing]]] = Shared()
        self._leases: Shared[Lease] = Shared()

    @cached_property
    def catalog(self) -> Catalog:
        """The datasets under the roots."""
        from minian_web.store.catalog import Catalog

        given = self.settings
        return Catalog(given.roots, given.pattern, state_dir=given.state_dir, cache_dir=given.cache_dir)

    @cached_property
    def frames(self) -> Frames:
        """Quantised frames of movies, shared by all sessions."""
        from minian_web.store.frames import Frames

        return Frames(self.settings.memory)

    @cached_property
    def registrations(self) -> Registrations:
        """Registrations of cells across sessions."""
        from minian_web.store.registration import Registrations

        given = self.settings
        return Registrations(
            self.catalog,
            given.state_dir,
            given.cache_dir,
            lambda root, folder: self._why_not(self.lease_of(root), folder),
        )

    @cached_property
    def made(self) -> Made:
        """Files that pages have made for download."""
        from minian_web.store.made import Made

        return Made()

    def dataset(self, dataset_id: str) -> Dataset:
        """Open a dataset, once for all sessions; anew when the pipeline has rewritten it.

        Raises
        ------
        DatasetNotFound, OutsideRoots, DataError
            If there is none of this name, the name leads elsewhere, or it cannot be read.
        """
        self.catalog.entry(dataset_id)
        return self._datasets.get(dataset_id, lambda: self.catalog.open(dataset_id), _unchanged)

    def curation(self, dataset_id: str) -> Curation:
        """Decisions of a dataset, one object for all sessions; writable while this process holds the root's lease."""
        from minian_web.store.curation import open_curation

        dataset, lease = self.dataset(dataset_id), self.lease_of(self.catalog.entry(dataset_id).root)
        reason = self.why_not_write(dataset_id)

        def make() -> Curation:
            state_dir = self.settings.state_dir
            return open_curation(
                dataset, state_dir=state_dir, writable=not reason, reason=reason, holds=lambda: lease.held
            )

        return self._curations.get(dataset_id, make, lambda kept: kept.dataset is dataset and _as_able(kept, reason))

    def why_not_write(self, dataset_id: str) -> str:
        """Why this process may not write to a dataset or its movies, for a person; empty when it may."""
        entry = self.catalog.entry(dataset_id)
        return self._why_not(self.lease_of(entry.root), entry.path)

    def _why_not(self, lease: Lease, path: Path) -> str:
        """Why this process may not write there; empty when it may."""
        if self.settings.read_only:
            return "The server was started read-only."
        return lease.refusal(path)

    def saver(self, dataset_id: str) -> Saver:
        """Way of decisions to the disk, one for all sessions that review a dataset."""
        from minian_web.store.saver import Saver

        curation = self.curation(dataset_id)
        return self._savers.get(dataset_id, lambda: Saver(curation, self.jobs), lambda kept: kept.curation is curation)

    def movies(self, dataset_id: str) -> list[Pairing]:
        """Movies that may belong to this dataset, each with how sure that is."""

        def make() -> tuple[float, list[Pairing]]:
            return time.monotonic(), self.catalog.movies(dataset_id)

        return self._movies.get(dataset_id, make, lambda kept: time.monotonic() - kept[0] < MOVIES_AGE)[1]

    def movie(self, dataset_id: str, movie_name: str) -> Movie:
        """Give one movie of a dataset by its name.

        Raises
        ------
        DatasetNotFound
            If this dataset has no movie of this name.
        """
        found = [pairing.movie for pairing in self.movies(dataset_id) if pairing.movie.name == movie_name]
        if not found:
            raise DatasetNotFound(f"dataset {dataset_id} has no movie named {movie_name!r}")
        return found[0]

    def forget_movies(self, dataset_id: str) -> None:
        """Look at the disk again at the next question: a pairing was confirmed."""
        self._movies.forget(dataset_id)

    def export_labels(self, dataset_id: str, form: str) -> bytes:
        """Give the labels of a dataset as a file: `csv`, or `zarr` in a zip."""
        from minian_web.store.exports import label_csv, label_zip

        curation = self.curation(dataset_id)
        return {"csv": label_csv, "zarr": label_zip}[form](curation)

    def sisters(self, dataset_id: str) -> list[str]:
        """Ids of the other sessions of the animal, in the same root, that have no labels yet."""
        from minian_web.store.sisters import without_labels

        if not self.curation(dataset_id).writable:
            return []
        writable = (name for name in self._sessions(dataset_id) if not self.why_not_write(name))
        return [one.id for one in without_labels((self.dataset(name) for name in writable), self.settings.state_dir)]

    def label_sisters(self, dataset_id: str, sisters: Sequence[str]) -> tuple[str, ...]:
        """Write identity labels into these sessions of the animal, so that minian reads all sessions alike.

        Returns
        -------
        tuple of str
            Why nothing was written, for each session that was curated or got labels in the meantime.

        Raises
        ------
        NotWritable
            If this process may not write there, or a write fails.
        """
        from minian_web.store.sisters import give_identity_labels

        chosen = [name for name in self._sessions(dataset_id) if name in sisters]
        for name in chosen:
            if not self.curation(name).writable:
                raise NotWritable(f"{name}: {self.curation(name).read_only_reason}")
        found = (self.dataset(name) for name in chosen)
        skipped = give_identity_labels(found, self.settings.state_dir, lambda one: self.curation(one.id).at_rest())
        for reason in skipped:
            _log.warning("%s", reason)
        return skipped

    def _sessions(self, dataset_id: str) -> list[str]:
        """Ids of the other readable sessions of the animal, in the same root."""
        catalog, own = self.catalog, self.catalog.entry(dataset_id)
        animal = catalog.details(own).animal
        others = (one for one in catalog.entries() if one.kind == "dataset" and one.root == own.root and one != own)
        known = ((one.id, catalog.details(one)) for one in others) if animal else ()
        return [name for name, details in known if details.animal == animal and not details.problem]

    def complete_unfinished(self) -> None:
        """Complete label writes that a crash cut short, where this process may write; says in the log what was done."""
        from minian_web.store.completion import complete_unfinished

        for one in complete_unfinished(self.settings.state_dir, self._may_write, self._held):
            _log.warning("%s: %s", one.path, one.problem or "a label write that was cut short is complete now")

    def _held(self, dataset: Dataset) -> AbstractContextManager[object]:
        """Keep the pages from deciding about a dataset that was opened beside them."""
        opened = [one for one in self._curations.values() if one.dataset.path == dataset.path]
        return opened[0].at_rest() if opened else nullcontext()

    def _may_write(self, path: Path) -> bool:
        root = next((root for root in self.catalog.roots.values() if path.is_relative_to(root)), None)
        return root is not None and not self._why_not(self.lease_of(root), path)

    def lease_of(self, root: Path) -> Lease:
        """Lease of a root, not yet acquired."""
        from minian_web.store.lease import Lease

        return self._leases.get(str(root), lambda: Lease(root, self.settings.state_dir), lambda _: True)

    def close(self) -> None:
        """Stop taking work, let saves that have begun end, and release the leases; a second call does nothing."""
        self.jobs.close(PATIENCE)
        if "made" in self.__dict__:
            self.made.close()
        for curation in self._curations.values():
            curation.close()
        for lease in self._leases.values():
            lease.release()


def _as_able(kept: Curation, reason: str) -> bool:
    """Whether a curation still is what it was opened as: a lease lost or won since then makes it another."""
    return kept.writable if not reason else kept.read_only_reason == reason


def _unchanged(dataset: Dataset) -> bool:
    try:
        return dataset.current_guard() == dataset.guard
    except DataError:
        return False  # opening it anew says what is wrong


_runtime: Runtime | None = None
_lock = threading.Lock()


def start(settings: Settings, threads: int = 4) -> Runtime:
    """Build the runtime of this process, with `threads` for what users wait for; the one before, if any, is closed."""
    global _runtime
    with _lock:
        if _runtime is not None:
            _runtime.close()
        _runtime = Runtime(settings, threads)
        atexit.register(_runtime.close)
        return _runtime


def get() -> Runtime:
    """Give the runtime of this process, built from the environment when nobody has started one."""
    if _runtime is None:
        return start(from_env())
    return _runtime
