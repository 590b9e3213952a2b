"""Sparse footprints: which pixels belong to which unit, and how strongly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from contourpy import LineType, contour_generator

from minian_web.errors import BadRequest

Units = Sequence[int] | np.ndarray


@dataclass(frozen=True, eq=False)
class Footprints:
    """Footprints of the units of one session, in stored order.

    Attributes
    ----------
    unit_ids
        `(n,)` int64, neither sorted nor gap-free.
    shape
        Height and width of the image in pixels.
    start
        `(n + 1,)` int64: unit k has `pixels[start[k]:start[k + 1]]`.
    pixels
        `(nnz,)` int32: row * width + column, ascending within a unit.
    values
        `(nnz,)` float32 as stored; zeros and NaN are left out.
    centroids
        `(n, 2)` float64: centre of mass in pixel positions (row, column); NaN for an empty footprint.
    boxes
        `(n, 4)` int32: row0, row1, column0, column1, half open; zeros for an empty footprint.
    digest
        SHA-256 of shape, unit ids, pixels and values: the same cells have the same digest.
    """

    unit_ids: np.ndarray
    shape: tuple[int, int]
    start: np.ndarray
    pixels: np.ndarray
    values: np.ndarray
    centroids: np.ndarray
    boxes: np.ndarray
    digest: str

    @property
    def areas(self) -> np.ndarray:
        """`(n,)` int64: pixels of each unit."""
        return np.diff(self.start)

    @cached_property
    def maxima(self) -> np.ndarray:
        """`(n,)` float32: largest value of each unit, 0 for an empty footprint."""
        maxima = np.zeros(len(self.unit_ids), np.float32)
        filled = np.flatnonzero(self.areas)
        if len(filled):
            maxima[filled] = np.maximum.reduceat(self.values, self.start[filled])
        return maxima

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {int(unit): position for position, unit in enumerate(self.unit_ids)}

    def position(self, unit_id: int) -> int:
        """Row of a unit; `BadRequest` naming it when there is no such unit."""
        try:
            return self._positions[int(unit_id)]
        except KeyError:
            raise BadRequest(f"there is no unit {unit_id} in this session") from None

    def core(self, unit_id: int, level: float = 0.2) -> tuple[int, int, int, int]:
        """Box of what is above a part of the maximum: row0, row1, column0, column1, half open; zeros if empty."""
        pixels, values = self.of(unit_id)
        above = pixels[values >= level * self.maxima[self.position(unit_id)]]
        if not above.size:
            return 0, 0, 0, 0
        rows, columns = np.divmod(above, self.shape[1])
        return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1

    def of(self, unit_id: int) -> tuple[np.ndarray, np.ndarray]:
        """Pixels and values of a unit."""
        position = self.position(unit_id)
        part = slice(self.start[position], self.start[position + 1])
        return self.pixels[part], self.values[part]


def sparse(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat positions (int32) and values (float32) of what is neither 0 nor NaN in an image `(height, width)`."""
    rows = np.flatnonzero(image.any(axis=1))  # most rows are empty, and finding them is six times as fast
    at = np.flatnonzero(image[rows])
    values = image[rows].reshape(-1)[at].astype(np.float32)
    at = (rows[at // image.shape[1]] * image.shape[1] + at % image.shape[1]).astype(np.int32)
    good = np.isfinite(values) & (values != 0)
    return at[good], values[good]


def from_dense(unit_ids: Units, images: Iterable[np.ndarray], shape: tuple[int, int]) -> Footprints:
    """Footprints from one image `(height, width)` a unit, taken one after the other."""
    return from_sparse(unit_ids, [sparse(image) for image in images], shape)


def from_sparse(unit_ids: Units, parts: Sequence[tuple[np.ndarray, np.ndarray]], shape: tuple[int, int]) -> Footprints:
    """Footprints from (pixels, values) of each unit, as `sparse` gives them."""
    ids = np.array(unit_ids, dtype=np.int64).reshape(-1)
    sizes = np.array([len(pixels) for pixels, _ in parts], dtype=np.int64)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    pixels = np.concatenate([np.zeros(0, np.int32), *(pixels for pixels, _ in parts)]).astype(np.int32)
    values = np.concatenate([np.zeros(0, np.float32), *(values for _, values in parts)]).astype(np.float32)
    centroids = np.full((len(ids), 2), np.nan)
    boxes = np.zeros((len(ids), 4), np.int32)
    for position, (at, weights) in enumerate(parts):
        if len(at):
            rows, columns = np.divmod(at, shape[1])
            centroids[position] = _centre(rows, columns, weights)
            boxes[position] = rows[0], rows[-1] + 1, columns.min(), columns.max() + 1
    digest = _digest(shape, ids, start, pixels, values)
    for array in (ids, start, pixels, values, centroids, boxes):
        array.flags.writeable = False
    return Footprints(ids, (int(shape[0]), int(shape[1])), start, pixels, values, centroids, boxes, digest)


def _centre(rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    weights = weights.astype(np.float64)
    total = weights.sum()
    return (float(rows @ weights / total), float(columns @ weights / total)) if total > 0 else (np.nan, np.nan)


def _digest(shape: tuple[int, int], *arrays: np.ndarray) -> str:
    digest = hashlib.sha256(f"{shape[0]} {shape[1]}".encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def summed(footprints: Footprints, unit_ids: Units | None = None) -> np.ndarray:
    """Map of the units: `(height, width)` float32 in 0..1, bright wherever any unit is strong.

    Each footprint is divided by its own maximum, then the largest value over the units is taken.
    """
    image = np.zeros(footprints.shape[0] * footprints.shape[1], np.float32)
    for unit in footprints.unit_ids if unit_ids is None else unit_ids:
        pixels, values = footprints.of(unit)
        peak = footprints.maxima[footprints.position(unit)]
        if peak > 0:
            image[pixels] = np.maximum(image[pixels], values / peak)
    return image.reshape(footprints.shape)


def activity(footprints: Footprints, unit_ids: Units, weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """Activity A.C at one frame: `(height, width)` float32, the sum of footprint times weight over the units.

    Parameters
    ----------
    weights
        One for each of `unit_ids`: C at this frame. A NaN (frame missing in this session) adds nothing.
    """
    image = np.zeros(footprints.shape[0] * footprints.shape[1], np.float32)
    for unit, weight in zip(unit_ids, weights, strict=True):
        if np.isfinite(weight) and weight != 0:
            pixels, values = footprints.of(unit)
            image[pixels] += values * np.float32(weight)
    return image.reshape(footprints.shape)


def unit_at(footprints: Footprints, row: float, column: float, reach: float = 8) -> int | None:
    """Unit meant by a click: the one strongest at this pixel (value/maximum), else the nearest centroid in reach."""
    height, width = footprints.shape
    pixel = int(np.floor(row + 0.5)), int(np.floor(column + 0.5))
    if 0 <= pixel[0] < height and 0 <= pixel[1] < width:
        at = np.flatnonzero(footprints.pixels == pixel[0] * width + pixel[1])
        owners = np.searchsorted(footprints.start, at, side="right") - 1
        strength = footprints.values[at] / np.maximum(footprints.maxima[owners], np.finfo(np.float32).tiny)
        if len(at) and strength.max() > 0:
            return int(footprints.unit_ids[owners[np.argmax(strength)]])
    distance = np.hypot(footprints.centroids[:, 0] - row, footprints.centroids[:, 1] - column)
    distance[np.isnan(distance)] = np.inf
    if not len(distance) or distance.min() > reach:
        return None
    return int(footprints.unit_ids[np.argmin(distance)])


def units_in(footprints: Footprints, row0: float, row1: float, column0: float, column1: float) -> np.ndarray:
    """Ids of the units whose centroid lies inside a rectangle, in stored order; the corners come in any order."""
    rows, columns = footprints.centroids.T
    inside = (rows >= min(row0, row1)) & (rows <= max(row0, row1))
    inside &= (columns >= min(column0, column1)) & (columns <= max(column0, column1))
    return footprints.unit_ids[inside]


def outline(footprints: Footprints, unit_id: int, level: float = 0.2) -> list[np.ndarray]:
    """Closed contours of one unit.

    Parameters
    ----------
    level
        Height of the contour as a part of the footprint's maximum, between 0 and 1.

    Returns
    -------
    list of numpy.ndarray
        `(k, 2)` float64 (row, column) in pixel positions, first point equal to the last; none for an empty footprint.
    """
    position = footprints.position(unit_id)
    pixels, values = footprints.of(unit_id)
    peak = float(footprints.maxima[position])
    if peak <= 0:
        return []
    row0, row1, column0, column1 = (int(edge) for edge in footprints.boxes[position])
    image = np.zeros((row1 - row0 + 2, column1 - column0 + 2), np.float32)
    rows, columns = np.divmod(pixels, footprints.shape[1])
    image[rows - row0 + 1, columns - column0 + 1] = values
    lines = contour_generator(z=image, line_type=LineType.Separate).lines(level * peak)
    return [np.asarray(line)[:, ::-1] + (row0 - 1, column0 - 1) for line in lines]


def outlines(footprints: Footprints, unit_ids: Units, level: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Outlines of several units as one broken curve.

    Returns
    -------
    tuple of numpy.ndarray
        Widths and heights (x and y), flat float32 with NaN between the contours.
    """
    gap = np.full((1, 2), np.nan)
    pieces = [piece for unit in unit_ids for line in outline(footprints, unit, level) for piece in (line, gap)]
    points = np.concatenate(pieces[:-1]) if pieces else np.zeros((0, 2))
    return points[:, 1].astype(np.float32), points[:, 0].astype(np.float32)
