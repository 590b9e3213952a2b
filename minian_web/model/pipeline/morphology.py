"""Round structuring elements."""

from __future__ import annotations

import numpy as np


def disk(radius: int) -> np.ndarray:
    """Integer disk x^2 + y^2 <= r^2 as uint8 `(2r + 1, 2r + 1)`."""
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return (rows * rows + columns * columns <= radius * radius).astype(np.uint8)
