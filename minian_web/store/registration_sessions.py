"""What a registration needs of each session: its footprints, its merges and discards, its projection."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minian_web.model.footprints import Footprints, summed
from minian_web.model.registration.cells import merged_cells, names_of
from minian_web.model.registration.result import Fingerprint, Member
from minian_web.store.catalog import Catalog, Entry
from minian_web.store.datasets import Dataset


@dataclass(frozen=True, eq=False)
class SessionCells:
    """One session, read for registration; shared by all pages, never changed.

    Attributes
    ----------
    member
        Which session.
    units, cells
        Footprints of all units, and of cells: discarded units left out, merged ones together.
    names
        Unit id -> name of its cell, -1 for a discarded one.
    heights, widths
        Coordinates of the pixels.
    projection
        `(height, width)` float32: the max projection, or the map of the footprints where none is stored.
    fingerprint
        Of the footprints, and of merges and discards.
    has_projection
        Whether the projection is the stored one.
    """

    member: Member
    units: Footprints
    cells: Footprints
    names: dict[int, int]
    heights: np.ndarray
    widths: np.ndarray
    projection: np.ndarray
    fingerprint: Fingerprint
    has_projection: bool = True

    def shown(self, labels: bool) -> Footprints:
        """Cells when labels are respected, else units."""
        return self.cells if labels else self.units


def read_session(
    member: Member, dataset: Dataset, labels: np.ndarray | None, tick: Callable[[float], None] | None = None
) -> SessionCells:
    """Read a session.

    Parameters
    ----------
    labels
        `(n,)` labels of its units in stored order; None where there are none.

    Raises
    ------
    DataError
        If something of it cannot be read.
    """
    units = dataset.footprints(member.key, tick)
    names = names_of(units.unit_ids, labels)
    projection = dataset.max_projection(member.key)
    return SessionCells(
        member,
        units,
        merged_cells(units, names),
        names,
        dataset.heights,
        dataset.widths,
        summed(units) if projection is None else projection,
        Fingerprint(units.digest, labels_digest(names)),
        projection is not None,
    )


def labels_digest(names: dict[int, int]) -> str:
    """Digest of which units are merged or discarded."""
    text = " ".join(f"{unit}:{names[unit]}" for unit in sorted(names))
    return hashlib.sha256(text.encode()).hexdigest()


def members_of(catalog: Catalog, entries: list[Entry]) -> list[Member]:
    """Sessions in these datasets; a merged dataset holds several. A session without a name has that of its folder."""
    found = []
    for entry in entries:
        details = catalog.details(entry)
        if details.problem:
            continue
        if ", " in details.session or ", " in details.animal:
            dataset = catalog.open(entry.id)
            found += [_inside(dataset, entry, key) for key in dataset.keys]
        else:
            found.append(Member(details.session or entry.path.parent.name, entry.id, (), details.animal))
    return found


def _inside(dataset: Dataset, entry: Entry, key: tuple[tuple[str, str], ...]) -> Member:
    named = {**dataset.meta, **dict(key)}
    return Member(named.get("session", entry.path.name), entry.id, key, named.get("animal", ""))
