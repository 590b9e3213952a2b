"""Arrays brought to the range 0..1."""

from __future__ import annotations

import numpy as np


def norm(a: np.ndarray) -> np.ndarray:
    """Normalize an input array to range (0, 1) avoiding division-by-zero.

    Parameters
    ----------
    a
        Numbers of any shape; NaN is ignored and stays in place.

    Returns
    -------
    numpy.ndarray
        `(a - min) / (max - min)`. If there is only one unique value in `a` (or none but NaN) it is returned unchanged.
    """
    a = np.asarray(a)
    finite = a[~np.isnan(a)]
    if not finite.size or finite.min() == finite.max():
        return a
    low, high = finite.min(), finite.max()
    return (a - low) / (high - low)


def normalize(a: np.ndarray) -> np.ndarray:
    """Normalize an input array to range (0, 1) using `numpy.interp`.

    Parameters
    ----------
    a
        Numbers of any shape; NaN is ignored and stays in place.

    Returns
    -------
    numpy.ndarray
        Float64 of the same shape. If there is only one unique value it becomes 1, as `numpy.interp` has it.
    """
    a = np.asarray(a, np.float64)
    finite = a[~np.isnan(a)]
    if not finite.size:
        return a.copy()
    return np.interp(a, (finite.min(), finite.max()), (0, 1))
