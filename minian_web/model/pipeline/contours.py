"""Contours as an image: a noisy frame has half a million vertices, which no browser draws."""

from __future__ import annotations

import numpy as np

from minian_web.errors import BadRequest

FINEST = 4  # pixels of the contour image for one of the frame
WIDE = 640  # pixels from which on a frame is fine enough


def contour_image(frame: np.ndarray, levels: int = 10) -> np.ndarray:
    """Draw the contours of a frame.

    Parameters
    ----------
    frame
        `(height, width)`; NaN has no contours.
    levels
        Contours between the smallest and the largest value.

    Returns
    -------
    numpy.ndarray
        `(k height, k width)` float32, k from 1 to 4, finer the smaller the frame is: the intensity of the contour
        where one passes, NaN elsewhere.
    """
    if levels < 1:
        raise BadRequest(f"there must be at least one contour, not {levels}")
    values = np.asarray(frame, np.float32)
    finite = values[np.isfinite(values)]
    fine = _finer(values, min(max(WIDE // max(*values.shape, 1), 1), FINEST))
    result = np.full(fine.shape, np.nan, np.float32)
    if not finite.size or finite.min() == finite.max():
        return result
    heights = np.linspace(finite.min(), finite.max(), levels + 2)[1:-1]
    band = np.digitize(np.nan_to_num(fine, nan=float(finite.min())), heights)
    for axis in (0, 1):
        near = np.swapaxes(band, 0, axis)
        higher = np.maximum(near[1:], near[:-1])
        at = near[1:] != near[:-1]
        np.swapaxes(result, 0, axis)[:-1][at] = heights[higher[at] - 1]
    return result


def _finer(values: np.ndarray, factor: int) -> np.ndarray:
    if factor == 1:
        return values
    from scipy.ndimage import zoom

    return zoom(values, factor, order=1, grid_mode=True, mode="nearest")
