"""Complete label writes that a crash cut short, at start and in `minian-web check`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minian_web.errors import DatasetNotFound, MinianWebError
from minian_web.store import files, pending
from minian_web.store.curation import open_curation
from minian_web.store.datasets import Dataset, open_dataset
from minian_web.store.sisters import give_identity_labels


@dataclass(frozen=True)
class Completed:
    """A dataset that was on the list of unfinished writes; `problem` is empty when its labels are complete now."""

    path: Path
    problem: str


def complete_unfinished(state_dir: Path, may_write: Callable[[Path], bool] = lambda _: True) -> list[Completed]:
    """Complete the labels of every dataset on the list of unfinished writes.

    Parameters
    ----------
    state_dir
        Holds the list.
    may_write
        Says of a dataset whether this process owns its writing; others stay on the list.

    Returns
    -------
    list of Completed
        One for every dataset that was tried.
    """
    entries = [entry for entry in pending.marked(state_dir) if may_write(entry[0])]
    return [Completed(path, _completed(state_dir, path, name, task)) for path, name, task in entries]


def _completed(state_dir: Path, path: Path, name: str, task: str) -> str:
    try:
        dataset = open_dataset(path, name)
        files.sweep(dataset.notes)
        problem = _finish(state_dir, dataset, task)
        if not problem:
            pending.unmark(state_dir, path)
    except DatasetNotFound as error:
        pending.unmark(state_dir, path)
        return str(error)
    except MinianWebError as error:
        return str(error)
    return problem


def _finish(state_dir: Path, dataset: Dataset, task: str) -> str:
    if task == pending.IDENTITY:
        give_identity_labels([dataset], state_dir)
        return ""
    curation = open_curation(dataset, state_dir=state_dir)
    if curation.writable and curation.complete:
        return ""
    return curation.read_only_reason or " ".join(curation.notices)
