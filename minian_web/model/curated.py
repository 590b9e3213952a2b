"""Cells as they are after curation: what was discarded left out, what was merged taken as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from minian_web.errors import BadRequest

DISCARDED = -1
Footprint = tuple[np.ndarray, np.ndarray]


class Cells:
    """Footprints and traces of cells, whose product is their activity.

    Attributes
    ----------
    footprints
        `(pixels, cells)` sparse float32.
    traces
        `(cells, frame)` float32; NaN counts as 0.
    shape
        Height and width in pixels.
    """

    def __init__(self, footprints: sparse.csr_array, traces: np.ndarray, shape: tuple[int, int]) -> None:
        self.footprints, self.shape = footprints, shape
        self.traces = np.nan_to_num(traces.astype(np.float32))

    def activity(self, part: slice) -> np.ndarray:
        """Sum over the cells of footprint times trace, `(frame, height, width)` float32."""
        product = self.footprints @ self.traces[:, part]
        return np.ascontiguousarray(np.asarray(product).T, np.float32).reshape(-1, *self.shape)


def cells(
    unit_ids: Sequence[int] | np.ndarray,
    footprint: Callable[[int], Footprint],
    traces: np.ndarray,
    shape: tuple[int, int],
    labels: np.ndarray | None = None,
) -> Cells:
    """Put units together to cells.

    Parameters
    ----------
    unit_ids
        `(n,)`.
    footprint
        Gives the pixels (row * width + column) and values of a unit.
    traces
        `(n, frame)`.
    labels
        `(n,)`: equal values are one cell, -1 is discarded, NaN is of another session. None: every unit is a cell.
        A merged cell has the mean of its units' footprints and the mean of their traces, as the pipeline merges.
    """
    ids = np.asarray(unit_ids)
    given = np.arange(len(ids), dtype=np.float64) if labels is None else np.asarray(labels, np.float64)
    if given.shape != ids.shape:
        raise BadRequest(f"unit_labels: expected {len(ids)} values, one for each unit, found {given.shape}")
    used = np.isfinite(given) & (given != DISCARDED)
    _, cell = np.unique(given[used], return_inverse=True)
    count = int(cell.max()) + 1 if cell.size else 0
    mean = _mean(cell, count)
    units = sparse.csc_array(_matrix([footprint(int(unit)) for unit in ids[used]], shape))
    return Cells(sparse.csr_array(units @ mean.T), mean @ np.nan_to_num(traces[used]).astype(np.float32), shape)


def _mean(cell: np.ndarray, count: int) -> sparse.csr_array:
    """Matrix `(cells, units)` that takes the mean over the units of each cell."""
    sizes = np.bincount(cell, minlength=count)
    weights = (1 / sizes[cell]).astype(np.float32) if cell.size else np.zeros(0, np.float32)
    return sparse.csr_array((weights, (cell, np.arange(cell.size))), shape=(count, cell.size))


def _matrix(footprints: Sequence[Footprint], shape: tuple[int, int]) -> sparse.csc_array:
    pixels = np.concatenate([np.zeros(0, np.int64), *(one for one, _ in footprints)])
    values = np.concatenate([np.zeros(0, np.float32), *(one for _, one in footprints)])
    columns = np.repeat(np.arange(len(footprints)), [len(one) for one, _ in footprints])
    return sparse.csc_array((values, (pixels, columns)), shape=(shape[0] * shape[1], len(footprints)))
