"""The form in which labels are written: each cell named by one of its members."""

from __future__ import annotations

import numpy as np

DISCARDED = -1


def canonical(unit_ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Labels in the form that minian-web writes: each cell named by one of its members.

    Units with equal labels are one cell. A cell is named by its label if that is the id of a member, else by its
    smallest member. -1 stays -1; a unit without a label (NaN) is a cell of its own.

    Parameters
    ----------
    unit_ids
        `(n,)` integers, in any order.
    labels
        `(n,)` integers or floats.

    Returns
    -------
    numpy.ndarray
        `(n,)` int64, in the order of `unit_ids`.
    """
    ids = np.asarray(unit_ids, dtype=np.int64)
    values = np.asarray(labels, dtype=np.float64) if np.asarray(labels).dtype.kind == "f" else np.asarray(labels)
    result = ids.copy()
    result[values == DISCARDED] = DISCARDED
    labelled = np.flatnonzero((values != DISCARDED) & ~np.isnan(values))
    _, group, size = np.unique(values[labelled], return_inverse=True, return_counts=True)
    smallest = np.full(size.size, np.iinfo(np.int64).max)
    np.minimum.at(smallest, group, ids[labelled])
    name = smallest.copy()
    own = values[labelled] == ids[labelled]
    name[group[own]] = ids[labelled][own]
    result[labelled] = name[group]
    return result
