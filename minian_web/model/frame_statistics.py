"""Statistics of single frames: how bright each is, and how much it differs from the one before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NAMES = ("mean", "max", "min", "diff")
_ROW = 512  # a sum of so many uint8 still fits uint32 with room to spare


@dataclass(frozen=True, eq=False)
class FrameStatistics:
    """One number a frame and statistic, each `(frame,)` float32; NaN where it is not computed or has no value.

    Attributes
    ----------
    mean, max, min
        Over the pixels of a frame, NaN pixels left out, in the units of the movie.
    diff
        Mean over the pixels of the absolute difference from the frame before; the first frame has none.
    """

    mean: np.ndarray
    max: np.ndarray
    min: np.ndarray
    diff: np.ndarray

    @classmethod
    def empty(cls, n_frames: int) -> FrameStatistics:
        """Give statistics of which nothing is computed."""
        return cls(*(np.full(n_frames, np.nan, np.float32) for _ in NAMES))

    def of(self, name: str) -> np.ndarray:
        """One of the statistics by its name in `NAMES`."""
        return {"mean": self.mean, "max": self.max, "min": self.min, "diff": self.diff}[name]

    def copy(self) -> FrameStatistics:
        """Give a copy that later blocks do not change."""
        return FrameStatistics(*(self.of(name).copy() for name in NAMES))

    def fill(self, start: int, frames: np.ndarray, before: np.ndarray | None) -> None:
        """Compute the statistics of a block.

        Parameters
        ----------
        start
            Position of its first frame.
        frames
            `(frame, height, width)` stored values.
        before
            `(height, width)`: the frame before the block, None at the beginning of the movie.
        """
        last = before
        for position, frame in enumerate(frames, start):
            self.max[position], self.min[position] = np.fmax.reduce(frame, None), np.fmin.reduce(frame, None)
            self.mean[position] = _mean(frame)
            if last is not None:
                self.diff[position] = _mean(_distance(frame, last))
            last = frame


def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Absolute difference without the wrap-around of unsigned numbers."""
    if one.dtype.kind == "u":
        return np.maximum(one, other) - np.minimum(one, other)
    if one.dtype.kind in "bi":
        one = one.astype(np.float64)
    distance = one - other
    return np.abs(distance, out=distance)


def _mean(frame: np.ndarray) -> float:
    if frame.dtype == np.uint8 and frame.size % _ROW == 0 and frame.flags.c_contiguous:
        return int(frame.reshape(-1, _ROW).sum(axis=0, dtype=np.uint32).sum(dtype=np.uint64)) / frame.size
    mean = float(frame.mean(dtype=np.float64 if frame.dtype.kind != "f" else None))
    if np.isfinite(mean):
        return mean
    finite = frame[np.isfinite(frame)]
    return float(finite.mean(dtype=np.float64)) if finite.size else float("nan")
