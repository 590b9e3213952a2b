"""Cells of a session: its footprints with merges and discards taken into account, and placed on a common canvas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minian_web.model.canonical import DISCARDED, canonical
from minian_web.model.footprints import Footprints, from_sparse
from minian_web.model.registration.alignment import Shift, cut, moved, whole
from minian_web.model.registration.mapping import NONE
from minian_web.model.registration.matching import Centres


def names_of(unit_ids: np.ndarray, labels: np.ndarray | None) -> dict[int, int]:
    """Cell of each unit: named as in the labels, `NONE` for a discarded one; itself where there are no labels."""
    if labels is None:
        return {int(unit): int(unit) for unit in unit_ids}
    named = canonical(unit_ids, labels)
    return {int(u): NONE if n == DISCARDED else int(n) for u, n in zip(unit_ids, named, strict=True)}


def merged_cells(footprints: Footprints, names: Mapping[int, int]) -> Footprints:
    """Footprints of cells: discarded units left out, merged ones as the mean of their units (as minian merges)."""
    members: dict[int, list[int]] = {}
    for unit in footprints.unit_ids.tolist():
        if names[unit] != NONE:
            members.setdefault(names[unit], []).append(unit)
    if all(units == [name] for name, units in members.items()) and len(members) == len(footprints.unit_ids):
        return footprints
    parts = [_mean(footprints, units) for units in members.values()]
    return from_sparse(list(members), parts, footprints.shape)


def _mean(footprints: Footprints, units: list[int]) -> tuple[np.ndarray, np.ndarray]:
    if len(units) == 1:
        return footprints.of(units[0])
    pixels = np.concatenate([footprints.of(unit)[0] for unit in units])
    values = np.concatenate([footprints.of(unit)[1] for unit in units])
    at, group = np.unique(pixels, return_inverse=True)
    return at, (np.bincount(group, weights=values) / len(units)).astype(np.float32)


def centres_of(
    footprints: Footprints,
    offset: tuple[int, int],
    shift: Shift,
    window: tuple[int, int, int, int],
    shape: tuple[int, int],
) -> Centres:
    """Centres of mass on the canvas, to the fraction of a pixel, of what lies in the common window.

    Parameters
    ----------
    footprints
        Cells of a session in its own pixels.
    offset
        Where its first pixel lies on the canvas before the shift.
    shift
        That brings it onto the other sessions.
    window, shape
        Common window and shape of the canvas.
    """
    by = whole(shift)
    placed = cut(moved(footprints, (offset[0] + by[0], offset[1] + by[1]), shape), window)
    rest = np.array(shift) - by
    return Centres(footprints.unit_ids, placed.centroids + rest)
