"""Units on a movie: their outlines and what was decided about them, read in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minian_web.model.footprints import Footprints, outlines, unit_at

if TYPE_CHECKING:
    from minian_web.model.keys import Key
    from minian_web.runtime import Runtime

__all__ = ["Outlined", "outlined"]


@dataclass(frozen=True, eq=False)
class Outlined:
    """Units of the session that a movie shows.

    Attributes
    ----------
    footprints
        Of all units.
    lines
        Columns and rows of the outlines by what was decided, NaN between them, in positions of pixels.
    statuses
        What was decided, by unit.
    """

    footprints: Footprints
    lines: dict[str, tuple[np.ndarray, np.ndarray]]
    statuses: dict[int, str]

    def at(self, row: float, column: float) -> int | None:
        """Unit at a place in positions of pixels, None when there is none near."""
        return unit_at(self.footprints, row, column, reach=0)


def outlined(runtime: Runtime, dataset_id: str, key: Key) -> Outlined:
    """Read the units of a session and what was decided about them.

    Raises
    ------
    DataError, DamagedLog
        If footprints or decisions cannot be read.
    """
    footprints = runtime.dataset(dataset_id).footprints(key)
    decisions = runtime.curation(dataset_id).decisions(key)
    statuses = {int(unit): decisions.of(int(unit)).status for unit in footprints.unit_ids}
    lines = {
        status: outlines(footprints, [unit for unit, one in statuses.items() if one == status])
        for status in sorted(set(statuses.values()))
    }
    return Outlined(footprints, lines, statuses)
