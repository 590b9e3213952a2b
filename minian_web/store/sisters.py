"""Labels for the other sessions of an animal: minian misreads sessions of which only some have labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from minian_web.store import pending
from minian_web.store.datasets import Dataset
from minian_web.store.found import Seen, read_labels
from minian_web.store.labels import identity, write_labels
from minian_web.store.versions import says, version_of
from minian_web.store.whereabouts import LOG, log_on_this_computer, whereabouts

Hold = Callable[[Dataset], AbstractContextManager[object]]


def without_labels(datasets: Iterable[Dataset], state_dir: Path) -> tuple[Dataset, ...]:
    """Datasets that were never curated, in which no array has labels, and into which labels could be written.

    Raises
    ------
    DataError
        If labels of one of them cannot be read.
    """
    return tuple(dataset for dataset in datasets if not why_not(dataset, state_dir))


def why_not(dataset: Dataset, state_dir: Path, *, resume: bool = False) -> str:
    """Why no identity labels are due in a dataset, for a person; empty when they are.

    Parameters
    ----------
    resume
        Identity labels in some arrays are what a write that was cut short has left, and no reason against it.
    """
    if dataset.note_path(LOG).exists() or log_on_this_computer(dataset, state_dir).exists():
        return f"{dataset.path}: has decisions; no identity labels were written"
    if not whereabouts(dataset, state_dir).arrays:
        return f"{dataset.path}: labels cannot be written into its arrays"
    seen = read_labels(dataset)
    if any(one.labels is not None and not (resume and _says_nothing(dataset, one)) for one in seen):
        return f"{dataset.path}: has labels of its own; they were left as they are"
    return ""


def _says_nothing(dataset: Dataset, seen: Seen) -> bool:
    units = {key: dataset.unit_ids(key) for key in dataset.keys}
    return says(version_of(seen, units), identity(dataset))


def give_identity_labels(
    datasets: Iterable[Dataset], state_dir: Path, hold: Hold = nullcontext, *, resume: bool = False
) -> tuple[str, ...]:
    """Write labels that decide nothing (every unit its own cell) into datasets that were never curated.

    Parameters
    ----------
    hold
        Keeps everybody else of this process from deciding about a dataset meanwhile.
    resume
        Complete writes that were cut short.

    Returns
    -------
    tuple of str
        Why nothing was written, for each dataset that has a log or labels by now.

    Raises
    ------
    NotWritable
        If it fails; what was begun is on the list of unfinished writes.
    """
    skipped = []
    for dataset in datasets:
        with hold(dataset):
            if reason := why_not(dataset, state_dir, resume=resume):
                skipped.append(reason)
                continue
            pending.mark(state_dir, dataset.path, dataset.id, pending.IDENTITY)
            write_labels(dataset, identity(dataset))
            pending.unmark(state_dir, dataset.path)
    return tuple(skipped)
