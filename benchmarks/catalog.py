"""Catalog of 2,000 datasets: how long until their names are known, and their details."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from benchmarks.data import many_datasets
from minian_web.settings import PATTERN
from minian_web.store.catalog import Catalog

NAMES, DETAILS = 1.0, 10.0  # s


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def walk(root: Path) -> int:
    """Reference: list every folder down to the datasets, nothing else."""
    return sum(
        1 for animal in os.scandir(root) for session in os.scandir(animal.path) for _ in os.scandir(session.path)
    )


def measure(count: int = 2000) -> dict[str, tuple[float, float]]:
    """Name of each measurement to seconds and budget."""
    root = many_datasets(count)
    floor = seconds(lambda: walk(root))
    catalog = Catalog([root], PATTERN)
    names = seconds(lambda: catalog.entries())
    entries = catalog.entries()
    assert len(entries) == count, f"{len(entries)} of {count} found"
    found = []
    details = seconds(lambda: found.extend(catalog.details(entry) for entry in entries))
    problems = [one.problem for one in found if one.problem]
    assert not problems, problems[:3]
    assert len({(one.animal, one.session) for one in found}) == count
    again = seconds(lambda: [catalog.details(entry) for entry in entries])
    return {
        f"reference: listing the folders of {count} datasets": (floor, float("inf")),
        "names": (names, NAMES),
        "details": (details, DETAILS),
        "details again": (again, DETAILS),
    }


def main() -> int:
    results = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
    for name, (took, budget) in results.items():
        limit = "" if budget == float("inf") else f"  budget {budget:g} s  {'ok' if took <= budget else 'TOO SLOW'}"
        print(f"{name:50} {took:7.2f} s{limit}")
    return 0 if all(took <= budget for took, budget in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
