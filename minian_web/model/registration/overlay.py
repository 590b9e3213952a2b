"""Cells of up to three sessions as red, green and blue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from minian_web.model.footprints import Footprints

WINDOWS = (0, 3, 5, 7, 9)


def eroded(footprints: Footprints, window: int) -> Footprints:
    """Footprints eroded by a square window, so that close cells overlap less; 0 and 1 leave them as they are.

    Each pixel gets the smallest value in the window around it; outside the footprint that is 0. Centroids and boxes
    stay those of the whole footprints.
    """
    if window <= 1:
        return footprints
    parts = [_eroded(footprints, at, window) for at in range(len(footprints.unit_ids))]
    sizes = [len(pixels) for pixels, _ in parts]
    return replace(
        footprints,
        start=np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)]),
        pixels=np.concatenate([np.zeros(0, np.int32), *(pixels for pixels, _ in parts)]),
        values=np.concatenate([np.zeros(0, np.float32), *(values for _, values in parts)]),
        digest=f"{footprints.digest} eroded {window}",
    )


def _eroded(footprints: Footprints, at: int, window: int) -> tuple[np.ndarray, np.ndarray]:
    part = slice(footprints.start[at], footprints.start[at + 1])
    row0, row1, column0, column1 = (int(edge) for edge in footprints.boxes[at])
    rows, columns = np.divmod(footprints.pixels[part], footprints.shape[1])
    image = np.zeros((row1 - row0, column1 - column0), np.float32)
    if not image.size:
        return footprints.pixels[part], footprints.values[part]
    image[rows - row0, columns - column0] = footprints.values[part]
    image = _smallest(image, window)
    rows, columns = np.nonzero(image)
    at_pixels = ((rows + row0) * footprints.shape[1] + columns + column0).astype(np.int32)
    return at_pixels, image[rows, columns]


def _smallest(image: np.ndarray, window: int) -> np.ndarray:
    import cv2  # here, since it takes long to import and most pages do without it

    square = np.ones((window, window), np.uint8)
    small: np.ndarray = cv2.erode(image, square, borderType=cv2.BORDER_CONSTANT, borderValue=0.0)
    return small


def channel(footprints: Footprints, unit_ids: Iterable[int] | np.ndarray) -> np.ndarray:
    """Brightness of one colour, `(height, width)` float32 in 0..1: each cell scaled to its own maximum."""
    wanted = np.isin(footprints.unit_ids, np.asarray(unit_ids, np.int64)) & (footprints.maxima > 0)
    owner = np.repeat(np.arange(len(footprints.unit_ids)), footprints.areas)
    here = wanted[owner]
    image = np.zeros(footprints.shape[0] * footprints.shape[1], np.float32)
    np.maximum.at(image, footprints.pixels[here], footprints.values[here] / footprints.maxima[owner[here]])
    return image.reshape(footprints.shape)


def coloured(channels: Sequence[np.ndarray | None], shape: tuple[int, int], offset: float = 0.0) -> np.ndarray:
    """Red, green and blue together.

    Parameters
    ----------
    channels
        Brightness of red, green and blue in 0..1; None for a colour without a session.
    offset
        Added to every colour; the result is clipped to 0..1.

    Returns
    -------
    numpy.ndarray
        `(height, width, 3)` float32.
    """
    image = np.zeros((*shape, 3), np.float32)
    for at, brightness in enumerate(channels):
        if brightness is not None:
            image[:, :, at] = brightness
    return np.clip(image + np.float32(offset), 0, 1)


def packed(image: np.ndarray) -> np.ndarray:
    """Give an image `(height, width, 3)` in 0..1 as RGBA in one uint32 a pixel, as Bokeh takes it."""
    bytes_ = (image * 255).round().astype(np.uint32)
    opaque = np.uint32(255 << 24)
    return bytes_[:, :, 0] | (bytes_[:, :, 1] << 8) | (bytes_[:, :, 2] << 16) | opaque
