"""Images as they are shown in a preview."""

from __future__ import annotations

import numpy as np


def as_picture(image: np.ndarray | None) -> np.ndarray | None:
    """Stretch an image between its 1st and 99.8th percentile.

    Parameters
    ----------
    image
        `(height, width)`, any number type, NaN allowed.

    Returns
    -------
    numpy.ndarray or None
        uint8 of the same shape; None for None.
    """
    if image is None:
        return None
    finite = image[np.isfinite(image)]
    if not finite.size:
        return np.zeros(image.shape, np.uint8)
    low, high = np.percentile(finite, (1, 99.8))
    scaled = (np.nan_to_num(image, nan=low) - low) / max(high - low, 1e-12)
    return (255 * np.clip(scaled, 0, 1)).astype(np.uint8)
