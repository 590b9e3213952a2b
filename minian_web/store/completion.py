"""Complete label writes that a crash cut short, at start and in `minian-web check`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from minian_web.errors import DatasetNotFound, MinianWebError
from minian_web.store import files, pending
from minian_web.store.curation import open_curation
from minian_web.store.datasets import Dataset, open_dataset
from minian_web.store.sisters import Hold, give_identity_labels
from minian_web.store.whereabouts import LOG


@dataclass(frozen=True)
class Completed:
    """A dataset that was on the list of unfinished writes; `problem` is empty when its labels are complete now."""

    path: Path
    problem: str


def complete_unfinished(
    state_dir: Path, may_write: Callable[[Path], bool] = lambda _: True, hold: Hold = nullcontext
) -> list[Completed]:
    """Complete the labels of every dataset on the list of unfinished writes.

    Parameters
    ----------
    state_dir
        Holds the list.
    may_write
        Says of a dataset whether this process owns its writing; others stay on the list.
    hold
        As `give_identity_labels`.

    Returns
    -------
    list of Completed
        One for every dataset that was tried.
    """
    entries = [entry for entry in pending.marked(state_dir) if may_write(entry[0])]

    def completed(path: Path, name: str, task: str) -> str:
        finish = partial(_given, hold=hold) if task == pending.IDENTITY else _finished
        return _completed(state_dir, path, name, partial(finish, holds=lambda: may_write(path)))

    return [Completed(path, completed(path, name, task)) for path, name, task in entries]


def _completed(state_dir: Path, path: Path, name: str, finish: Callable[[Path, Dataset], str]) -> str:
    try:
        dataset = open_dataset(path, name)
        files.sweep(dataset.notes)
        problem = finish(state_dir, dataset)
        if not problem:
            pending.unmark(state_dir, path)
    except DatasetNotFound as error:
        pending.unmark(state_dir, path)
        return str(error)
    except MinianWebError as error:
        return str(error)
    return problem


def _given(state_dir: Path, dataset: Dataset, *, hold: Hold, holds: Callable[[], bool]) -> str:
    """Complete identity labels; a dataset that was curated since then is completed from its log instead."""
    if dataset.note_path(LOG).exists():
        return _finished(state_dir, dataset, holds=holds)
    skipped = give_identity_labels([dataset], state_dir, hold, resume=True)
    if skipped:
        pending.unmark(state_dir, dataset.path)  # somebody else's labels, which stay
    return " ".join(skipped)


def _finished(state_dir: Path, dataset: Dataset, *, holds: Callable[[], bool]) -> str:
    curation = open_curation(dataset, state_dir=state_dir, holds=holds)
    if curation.writable and curation.complete:
        return ""
    return curation.read_only_reason or " ".join(curation.notices)
