"""Labels for the other sessions of an animal: minian misreads sessions of which only some have labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from minian_web.store import pending
from minian_web.store.datasets import Dataset
from minian_web.store.found import read_labels
from minian_web.store.labels import identity, write_labels
from minian_web.store.whereabouts import LOG


def without_labels(datasets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """Datasets in which no array has labels, and into which labels could be written.

    Raises
    ------
    DataError
        If labels of one of them cannot be read.
    """
    return tuple(dataset for dataset in datasets if dataset.form != "netcdf" and not _labelled(dataset))


def _labelled(dataset: Dataset) -> bool:
    return any(seen.labels is not None for seen in read_labels(dataset))


def give_identity_labels(datasets: Iterable[Dataset], state_dir: Path) -> None:
    """Write labels that decide nothing (every unit its own cell) into datasets that were never curated here.

    A dataset with a log of its own is left alone: its labels are written from there.

    Raises
    ------
    NotWritable
        If it fails; what was begun is on the list of unfinished writes.
    """
    for dataset in datasets:
        if not dataset.note_path(LOG).exists():
            pending.mark(state_dir, dataset.path, dataset.id, pending.IDENTITY)
            write_labels(dataset, identity(dataset))
            pending.unmark(state_dir, dataset.path)
