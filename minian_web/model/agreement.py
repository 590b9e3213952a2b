"""How far two reviewers agree about the same units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.decisions import STATUSES, Decisions

__all__ = ["Agreement", "agreement", "cohens_kappa", "consensus"]

DECIDED = ("kept", "discarded", "merged")


@dataclass(frozen=True, eq=False)
class Agreement:
    """Comparison of two sets of decisions.

    Attributes
    ----------
    counts
        `(4, 4)` int64: units by what the first (rows) and the second set (columns) say, in the order of `STATUSES`.
    kappa
        Cohen's kappa over the units that both have decided; NaN when it is not defined.
    both
        How many units both have decided.
    agreed, disagreed
        Ids of units that both have decided: alike, with the same units of the cell, or not.
    """

    counts: np.ndarray
    kappa: float
    both: int
    agreed: tuple[int, ...]
    disagreed: tuple[int, ...]


def agreement(first: Decisions, second: Decisions) -> Agreement:
    """Compare two sets; `BadRequest` when they speak of different units.

    Two merged units agree when both sets put them together with the same units.
    """
    if not np.array_equal(first.unit_ids, second.unit_ids):
        raise BadRequest("these two sets speak of different units")
    a, b = first.statuses(), second.statuses()
    counts = np.array([[int(((a == one) & (b == other)).sum()) for other in STATUSES] for one in STATUSES], np.int64)
    decided = (a != "undecided") & (b != "undecided")
    same = np.array([first.cell(unit) == second.cell(unit) for unit in first.unit_ids.tolist()], bool)
    alike = decided & (a == b) & (same | (a == "discarded"))
    units = first.unit_ids
    agreed, disagreed = tuple(units[alike].tolist()), tuple(units[decided & ~alike].tolist())
    return Agreement(counts, cohens_kappa(counts[1:, 1:]), int(decided.sum()), agreed, disagreed)


def cohens_kappa(counts: np.ndarray) -> float:
    """Cohen's kappa (1960) of a square table of counts: agreement beyond chance, 1 for perfect, 0 for chance.

    NaN without units, and when both always say the same one thing (chance alone would agree).
    """
    total = counts.sum()
    if not total:
        return float("nan")
    seen = np.trace(counts) / total
    chance = float(counts.sum(axis=1) @ counts.sum(axis=0)) / total**2
    return float((seen - chance) / (1 - chance)) if chance < 1 else float("nan")


def consensus(first: Decisions, second: Decisions, base: Decisions) -> Decisions:
    """Decisions on which two sets agree, upon `base`; the units on which they do not stay as they are there.

    Of a merged cell all units are agreed upon or none, so that a cell is taken over whole.
    """
    agreed = set(agreement(first, second).agreed)
    units = [unit for unit in sorted(agreed) if _whole(base, unit, agreed)]
    return base.replaced(units, [first.of(unit) for unit in units])


def _whole(base: Decisions, unit: int, agreed: set[int]) -> bool:
    """Whether taking over a decision tears no cell of `base` apart."""
    return set(base.cell(unit)) <= agreed
