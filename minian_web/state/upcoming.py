"""What there is beside a dataset for the pages that come with the next version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minian_web.store.around import registrations, runs_of, sweeps

if TYPE_CHECKING:
    from minian_web.runtime import Runtime


def found_for(page: str, dataset_id: str, runtime: Runtime) -> list[str]:
    """Lines that say what was found; each names what is missing as well."""
    return _sessions(dataset_id, runtime) if page == "cross_registration" else _runs(dataset_id, runtime)


def _sessions(dataset_id: str, runtime: Runtime) -> list[str]:
    catalog = runtime.catalog
    entry = catalog.entry(dataset_id)
    animal = catalog.details(entry).animal
    same = [one.id for one in catalog.entries() if one.kind == "dataset" and one.root == entry.root]
    sisters = [one for one in same if animal and catalog.details(catalog.entry(one)).animal == animal]
    files = [str(path) for path in registrations(entry.path, entry.root)]
    return [
        f"Sessions of animal {animal or '(not named)'}: {', '.join(sisters) if sisters else 'only this one'}",
        f"Cross-registration by minian: {', '.join(files)}"
        if files
        else "No cross-registration (mappings.pkl) above it",
    ]


def _runs(dataset_id: str, runtime: Runtime) -> list[str]:
    entry = runtime.catalog.entry(dataset_id)
    found = sweeps(entry.path, entry.root)
    if not found:
        return ["No parameter sweep (a folder named sweep…) beside it"]
    return [f"{folder.relative_to(entry.root)}: {runs_of(folder)} runs" for folder in found]
