"""Variables as they are after curation: discarded units left out, merged ones combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minian_web.model.canonical import DISCARDED
from minian_web.model.decisions import Decisions

__all__ = ["Cells", "cells_of", "mean_of"]


@dataclass(frozen=True)
class Cells:
    """Cells of one session after curation.

    Attributes
    ----------
    members
        Units of each cell, by the cell's label.
    """

    members: dict[int, tuple[int, ...]]

    @property
    def labels(self) -> tuple[int, ...]:
        """Labels of the cells, ascending, as a group-by makes them."""
        return tuple(sorted(self.members))


def cells_of(decisions: Decisions, *, accepted_only: bool = False) -> Cells:
    """Cells that are left: all but the discarded ones.

    Parameters
    ----------
    accepted_only
        Leave out the undecided ones too.
    """
    members: dict[int, list[int]] = {}
    for unit, label, status in zip(
        decisions.unit_ids.tolist(), decisions.labels_array.tolist(), decisions.statuses().tolist(), strict=True
    ):
        if label != DISCARDED and not (accepted_only and status == "undecided"):
            members.setdefault(label, []).append(unit)
    return Cells({label: tuple(units) for label, units in members.items()})


def mean_of(units: Sequence[int], read: Callable[[int], np.ndarray]) -> np.ndarray:
    """Mean of the data of some units, read one after the other; a NaN of one unit is left out (minian's unit_merge)."""
    if len(units) == 1:
        return read(units[0])
    total: np.ndarray | None = None
    count: np.ndarray | None = None
    for unit in units:
        values = read(unit)
        known = ~np.isnan(values)
        total = np.where(known, values, 0) if total is None else total + np.where(known, values, 0)
        count = known.astype(np.int64) if count is None else count + known
    assert total is not None
    assert count is not None
    return np.divide(total, count, out=np.full(total.shape, np.nan, total.dtype), where=count > 0)
