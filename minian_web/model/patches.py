"""Images that are zero outside a small box each: their sums and products with a movie are quick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Patches:
    """Images `(n, height, width)` with the box outside of which each is zero."""

    images: np.ndarray
    boxes: tuple[Box, ...]

    @classmethod
    def of(cls, images: np.ndarray) -> Patches:
        """Find the boxes of images `(n, height, width)`."""
        return cls(images, tuple(_box(image) for image in images))

    def add_to(self, movie: np.ndarray, traces: np.ndarray) -> None:
        """Add each image times its trace, `(n, frame)`, to a movie `(frame, height, width)` in place."""
        for image, box, trace in zip(self.images, self.boxes, traces, strict=True):
            movie[(slice(None), *box)] += trace[:, None, None] * image[box]

    def products(self, movie: np.ndarray) -> np.ndarray:
        """Sum over pixels of each image times each frame, `(frame, n)` float64."""
        found = [
            np.tensordot(movie[(slice(None), *box)], image[box], 2)
            for image, box in zip(self.images, self.boxes, strict=True)
        ]
        return np.stack(found, axis=1).astype(np.float64)


def _box(image: np.ndarray) -> Box:
    rows, cols = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1)
