"""Decisions about cells carried over to the cells that the pipeline has found anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.candidates import weights
from minian_web.model.decisions import Decisions, applied
from minian_web.model.footprints import Footprints

__all__ = ["Match", "carried", "match"]

LEAST = 0.6


@dataclass(frozen=True, eq=False)
class Match:
    """Which old unit is which new one.

    Attributes
    ----------
    old, new
        `(k,)` int64 unit ids, pair by pair; no unit is in two pairs.
    overlap
        `(k,)` float64: cosine of the angle between the two footprints.
    """

    old: np.ndarray
    new: np.ndarray
    overlap: np.ndarray

    def counterpart(self, unit: int) -> int | None:
        """New unit of an old one, None when it was not found again."""
        at = np.flatnonzero(self.old == unit)
        return int(self.new[at[0]]) if at.size else None


def match(old: Footprints, new: Footprints, least: float = LEAST) -> Match:
    """Pair units that are each other's largest overlap, at least `least`.

    Raises
    ------
    BadRequest
        If the images differ in size.
    """
    if old.shape != new.shape:
        raise BadRequest(f"footprints of {old.shape} and of {new.shape} pixels cannot be compared")
    product = (weights(old) @ weights(new).T).tocoo()
    enough = product.data >= least
    rows, columns, overlap = product.row[enough], product.col[enough], product.data[enough]
    mutual = (overlap == _best(rows, overlap, len(old.unit_ids))) & (
        overlap == _best(columns, overlap, len(new.unit_ids))
    )
    chosen = _each_once(rows, columns, np.flatnonzero(mutual))
    return Match(old.unit_ids[rows[chosen]], new.unit_ids[columns[chosen]], np.minimum(overlap[chosen], 1.0))


def _best(groups: np.ndarray, overlap: np.ndarray, count: int) -> np.ndarray:
    """Largest overlap of the group that each entry belongs to."""
    best = np.zeros(count)
    np.maximum.at(best, groups, overlap)
    return best[groups]


def _each_once(rows: np.ndarray, columns: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places in stored order, without those whose unit was taken before (equal overlaps)."""
    taken: set[tuple[int, int]] = set()
    kept = []
    for place in places.tolist():
        ends = {(0, int(rows[place])), (1, int(columns[place]))}
        if not taken & ends:
            kept.append(place)
            taken |= ends
    return np.array(kept, np.int64)


def carried(before: Decisions, found: Match, now: Decisions) -> Decisions:
    """Decisions about the new units, as far as they are undecided, taken from those about the old ones.

    Parameters
    ----------
    before
        Decisions about the old units.
    found
        Which old unit is which new one.
    now
        Decisions about the new units; what is decided there stays.

    Returns
    -------
    Decisions
        A cell of several old units is one cell of those that were found again; when only one was, it is undecided.
    """
    open_units = set(now.unit_ids[now.statuses() == "undecided"].tolist())
    pairs = [(old, new) for old, new in zip(found.old.tolist(), found.new.tolist(), strict=True) if new in open_units]
    cells: dict[int, list[int]] = {}
    by_kind: dict[str, list[int]] = {"keep": [], "discard": []}
    for old, new in pairs:
        decided = before.of(old)
        if decided.status == "merged":
            cells.setdefault(decided.label, []).append(new)
        elif decided.status != "undecided":
            by_kind["keep" if decided.status == "kept" else "discard"].append(new)
    after = now
    for kind, units in by_kind.items():
        after = applied(after, kind, units) if units else after
    for units in cells.values():
        after = applied(after, "merge", units) if len(units) > 1 else after
    return after
