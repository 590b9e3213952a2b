"""Whether the movie shows, when a unit is most active, what its footprint says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minian_web.model.footprints import Footprints

MARGIN = 3  # pixels around a footprint that must stay dark


class Appearance:
    """Compares footprints with the movie at the peaks of their units; takes the movie in parts.

    For each unit: the mean of the movie over its peak frames, less the mean over all frames seen, inside the box of
    its footprint with a margin; the result is the correlation of the footprint with that image.

    Parameters
    ----------
    footprints
        Of all units.
    peaks
        Positions of the frames of each unit's highest peaks, in the order of the units.
    """

    def __init__(self, footprints: Footprints, peaks: Sequence[np.ndarray]) -> None:
        self._footprints = footprints
        pairs = [(int(frame), unit) for unit, frames in enumerate(peaks) for frame in frames]
        self._pairs = sorted(pairs)
        self._frames = np.array([frame for frame, _ in self._pairs], np.int64)
        self._sums = [np.zeros(self._box_shape(unit)) for unit in range(len(peaks))]
        self._counts = np.zeros(len(peaks), np.int64)
        self._mean, self._seen = np.zeros(footprints.shape), 0

    def wants(self, first: int, last: int) -> bool:
        """Whether any unit has a peak among the frames `first` to `last` (left out)."""
        return bool(np.searchsorted(self._frames, first) < np.searchsorted(self._frames, last))

    def add(self, first: int, frames: np.ndarray) -> None:
        """Take a part of the movie, `(k, height, width)`, that begins at position `first`."""
        self._mean += frames.sum(axis=0, dtype=np.float64)
        self._seen += len(frames)
        begin, end = np.searchsorted(self._frames, (first, first + len(frames)))
        for frame, unit in self._pairs[begin:end]:
            self._sums[unit] += frames[frame - first][self._box(unit)]
            self._counts[unit] += 1

    def correlations(self) -> np.ndarray:
        """Correlation of each unit, `(n,)` float64; NaN for a unit without a peak or a footprint."""
        mean = self._mean / max(self._seen, 1)
        return np.array([self._correlation(unit, mean) for unit in range(len(self._sums))], np.float64)

    def _correlation(self, unit: int, mean: np.ndarray) -> float:
        if not self._counts[unit] or not self._footprints.areas[unit]:
            return np.nan
        rows, columns = self._box(unit)
        seen = (self._sums[unit] / self._counts[unit] - mean[rows, columns]).ravel()
        pixels, values = self._footprints.of(int(self._footprints.unit_ids[unit]))
        expected = np.zeros(self._box_shape(unit))
        row, column = np.divmod(pixels, self._footprints.shape[1])
        expected[row - rows.start, column - columns.start] = values
        expected = expected.ravel() - expected.mean()
        seen = seen - seen.mean()
        scale = np.sqrt((expected @ expected) * (seen @ seen))
        return float(expected @ seen / scale) if scale > 0 else np.nan

    def _box(self, unit: int) -> tuple[slice, slice]:
        row0, row1, column0, column1 = (int(edge) for edge in self._footprints.boxes[unit])
        height, width = self._footprints.shape
        rows = slice(max(row0 - MARGIN, 0), min(row1 + MARGIN, height))
        return rows, slice(max(column0 - MARGIN, 0), min(column1 + MARGIN, width))

    def _box_shape(self, unit: int) -> tuple[int, int]:
        rows, columns = self._box(unit)
        return rows.stop - rows.start, columns.stop - columns.start
