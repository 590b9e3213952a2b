"""Look through datasets: what is readable, what is torn and was completed, who is writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from minian_web.errors import MinianWebError
from minian_web.settings import Settings
from minian_web.store import files
from minian_web.store.catalog import Catalog, Entry
from minian_web.store.curation import Curation, open_curation
from minian_web.store.datasets import Dataset
from minian_web.store.lease import Lease
from minian_web.store.movies import find_movies
from minian_web.store.variables import Variable

__all__ = ["Finding", "check"]

READ_ONLY = "minian-web was told to write nothing"


@dataclass(frozen=True)
class Finding:
    """One line of a report; `fine` is False for what somebody has to mend."""

    text: str
    fine: bool = True


def check(settings: Settings, *, deep: bool = False) -> Iterator[Finding]:
    """Check every dataset under the roots; complete label writes that were cut short, where nobody else is writing.

    Parameters
    ----------
    settings
        Roots and directories; with `read_only` nothing is completed.
    deep
        Decode every chunk of the results.

    Yields
    ------
    Finding
        As they are found.
    """
    catalog = Catalog(settings.roots, settings.pattern, state_dir=settings.state_dir, cache_dir=settings.cache_dir)
    entries = catalog.entries()
    yield from (Finding(problem, fine=False) for problem in catalog.problems)
    for root in catalog.roots.values():
        lease = Lease(root, settings.state_dir)
        try:
            reason = _why_not(settings, lease, root)
            yield Finding(f"{root}: {reason or 'nobody is writing here'}")
            for entry in entries:
                if entry.root == root:
                    yield from _checked(settings, catalog, entry, lease, deep=deep)
        finally:
            lease.release()
    if not entries:
        yield Finding(f"no dataset whose name matches {settings.pattern}", fine=False)


def _why_not(settings: Settings, lease: Lease, folder: Path) -> str:
    """Why nothing is completed in a folder; empty when this process has the right to."""
    return READ_ONLY if settings.read_only else lease.refusal(folder)


def _checked(settings: Settings, catalog: Catalog, entry: Entry, lease: Lease, *, deep: bool) -> Iterator[Finding]:
    problems = list(_movie_problems(catalog, entry))
    if entry.kind == "dataset":
        try:
            dataset = catalog.open(entry.id)
            why = _why_not(settings, lease, entry.path)
            curation = open_curation(
                dataset, state_dir=settings.state_dir, writable=not why, reason=why, holds=lambda: lease.held
            )
        except MinianWebError as error:
            yield Finding(f"{entry.id}: {error}", fine=False)
            return
        if why and entry.path != lease.root and lease.held:
            yield Finding(f"{entry.id}: {why}")
        yield from (Finding(f"{entry.id}: {notice}") for notice in curation.notices)
        problems += _problems(dataset, curation, deep=deep)
        curation.close()
        if not why:
            files.sweep(dataset.notes)
        if not problems:
            yield Finding(f"{entry.id}: fine; {_summary(dataset, curation)}")
    yield from (Finding(f"{entry.id}: {problem}", fine=False) for problem in problems)


def _movie_problems(catalog: Catalog, entry: Entry) -> Iterator[str]:
    for folder in [entry.path] if entry.kind == "movies" else catalog.around(entry):
        yield from find_movies(folder)[1]


def _problems(dataset: Dataset, curation: Curation, *, deep: bool) -> list[str]:
    found = list(dataset.problems.values())
    if curation.problem:
        found.append(curation.problem)
    elif curation.behind:
        found.append("labels have not reached all arrays; who is writing here completes them")
    if deep:
        found += [problem for one in dataset.container.variables.values() if (problem := _undecodable(one))]
    return found


def _undecodable(variable: Variable) -> str:
    """Why a variable cannot be read to its end; empty when it can."""
    chunks = variable.chunks or variable.shape
    starts = [range(0, size, chunk) for size, chunk in zip(variable.shape, chunks, strict=True) if chunk]
    try:
        for corner in product(*starts):
            variable.read(tuple(slice(at, at + chunk) for at, chunk in zip(corner, chunks, strict=True)))
    except MinianWebError as error:
        return str(error)
    return ""


def _summary(dataset: Dataset, curation: Curation) -> str:
    counts: dict[str, int] = {}
    for key in dataset.keys:
        for status, count in curation.decisions(key).counts().items():
            counts[status] = counts.get(status, 0) + count
    decided = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{sum(counts.values())} units ({decided}), {len(dataset.frames)} frames"
