"""What a simulated recording is made of: cells, light, neuropil, movement.  Pure and deterministic by generator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.signal import lfilter

Generator = np.random.Generator

FAINTEST = 0.05  # of the brightest pixel: what is fainter does not belong to the footprint


@dataclass(frozen=True)
class Cell:
    """One neuron of an animal, as a smooth closed shape that can be drawn at any shift.

    Attributes
    ----------
    row, col
        Centre in pixels of the animal's first session.
    axes
        Half axes in pixels.
    angle
        Of the long axis, radians.
    wobble
        Amplitude and phase of the 2nd to 4th harmonic of the outline, `(3, 2)`.
    brightness
        Grey values that one spike adds at the brightest pixel.
    rate
        Spikes per frame while the cell is busy.
    """

    row: float
    col: float
    axes: tuple[float, float]
    angle: float
    wobble: np.ndarray
    brightness: float
    rate: float

    def image(self, shape: tuple[int, int], shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """Footprint `(height, width)` with maximum 1, exactly 0 outside the cell; all 0 when out of sight."""
        image = np.zeros(shape)
        row, col, reach = self.row + shift[0], self.col + shift[1], 2 * max(self.axes) + 1
        box = tuple(
            slice(max(int(at - reach), 0), max(int(at + reach) + 1, 0)) for at in (row, col)
        )  # nothing is brighter than FAINTEST outside it
        rows, cols = np.ogrid[: shape[0], : shape[1]]
        up, right = rows[box[0]] - row, cols[:, box[1]] - col
        along = up * np.cos(self.angle) + right * np.sin(self.angle)
        across = right * np.cos(self.angle) - up * np.sin(self.angle)
        theta = np.arctan2(across, along)
        edge = 1 + sum(a * np.cos(k * theta + phase) for k, (a, phase) in enumerate(self.wobble, start=2))
        part = np.exp(-1.5 * (np.hypot(along / self.axes[0], across / self.axes[1]) / edge) ** 2.5)
        image[box] = np.where(part < FAINTEST, 0, part)
        return image


def draw_cells(count: int, shape: tuple[int, int], radius: float, rng: Generator) -> list[Cell]:
    """Cells of one animal: spread over the field of view and its margin, every fourth touching another one."""
    centres: list[tuple[float, float]] = []
    for _ in range(1000 * count):
        if len(centres) == count:
            break
        close = bool(centres) and len(centres) % 4 == 3
        centre = _beside(centres, radius, rng) if close else _anywhere(shape, radius, rng)
        inside = all(0 <= value < size for value, size in zip(centre, shape, strict=True))
        apart = 1.3 * radius if close else 2.0 * radius
        if inside and all(np.hypot(centre[0] - a, centre[1] - b) > apart for a, b in centres):
            centres.append(centre)
    return [_draw_cell(centre, radius, rng) for centre in centres]


def _anywhere(shape: tuple[int, int], radius: float, rng: Generator) -> tuple[float, float]:
    row, col = (rng.uniform(0.6 * radius, size - 0.6 * radius) for size in shape)
    return row, col


def _beside(centres: list[tuple[float, float]], radius: float, rng: Generator) -> tuple[float, float]:
    row, col = centres[rng.integers(len(centres))]
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(1.3, 1.9) * radius
    return row + distance * np.sin(angle), col + distance * np.cos(angle)


def _draw_cell(centre: tuple[float, float], radius: float, rng: Generator) -> Cell:
    size = radius * rng.uniform(0.85, 1.2)
    wobble = np.stack([rng.uniform(0, [0.12, 0.08, 0.05]), rng.uniform(0, 2 * np.pi, 3)], axis=1)
    return Cell(
        row=centre[0],
        col=centre[1],
        axes=(size * rng.uniform(1.0, 1.25), size * rng.uniform(0.8, 1.0)),
        angle=rng.uniform(0, np.pi),
        wobble=wobble,
        brightness=float(rng.lognormal(np.log(22), 0.35)),
        rate=float(rng.uniform(0.03, 0.12)),
    )


def spikes(cell: Cell, frames: int, rng: Generator) -> np.ndarray:
    """Spike amplitudes `(frame,)`: bursts, with silence between them, at least one spike."""
    busy = gaussian_filter1d(rng.standard_normal(frames), 12, mode="wrap")
    busy = busy > np.quantile(busy, 0.6)
    events = rng.poisson(cell.rate * np.where(busy, 1.0, 0.08))
    if not events.any():
        events[rng.integers(frames)] = 3
    return events * rng.uniform(0.8, 1.3, frames)


def calcium(amplitudes: np.ndarray, decay: float) -> np.ndarray:
    """Calcium that spikes leave: first-order decay, `c[t] = decay c[t-1] + s[t]` along the last axis."""
    return lfilter([1.0], [1.0, -decay], amplitudes, axis=-1)


def unsteady(traces: np.ndarray, rng: Generator) -> np.ndarray:
    """Traces with what no model explains: small fluctuations around the calcium, 4 % of its largest value."""
    wander = gaussian_filter1d(rng.standard_normal(traces.shape), 1.0, axis=-1)
    return np.clip(traces + 0.06 * traces.max(axis=-1, keepdims=True) * wander, 0, None)


def vignette(shape: tuple[int, int]) -> np.ndarray:
    """Share of the light that reaches each pixel: 1 in the middle, about 0.45 in the corners."""
    rows, cols = (np.linspace(-1, 1, size) for size in shape)
    return 1 - 0.275 * (rows[:, None] ** 2 + cols[None, :] ** 2)


def tissue(shape: tuple[int, int], rng: Generator) -> np.ndarray:
    """Grey values of the resting tissue: uneven, crossed by a few dark vessels."""
    coarse = gaussian_filter(rng.standard_normal(shape), min(shape) / 12, mode="reflect")
    image = 58 * (1 + 0.10 * coarse / max(coarse.std(), 1e-9))
    rows, cols = np.mgrid[: shape[0], : shape[1]] / min(shape)
    for _ in range(3):
        angle, offset, bend, width = rng.uniform([0, 0.1, 0.03, 0.012], [np.pi, 0.9, 0.12, 0.03])
        along = rows * np.cos(angle) + cols * np.sin(angle)
        across = cols * np.cos(angle) - rows * np.sin(angle) - offset * np.cos(angle) + 0.5 * np.sin(angle)
        image *= 1 - 0.3 * np.exp(-(((across + bend * np.sin(7 * along)) / width) ** 2))
    return np.clip(image, 12, None)


def neuropil(shape: tuple[int, int], frames: int, rng: Generator, count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Images `(count, height, width)` and slow positive traces `(count, frame)` of out-of-focus activity."""
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    size = min(shape)
    places = rng.uniform([0, 0, 0.10], [shape[0], shape[1], 0.20], (count, 3))
    images = [np.exp(-((rows - r) ** 2 + (cols - c) ** 2) / (2 * (s * size) ** 2)) for r, c, s in places]
    traces = gaussian_filter1d(rng.standard_normal((count, frames)), 18, axis=1, mode="reflect")
    traces = 5 * np.clip(1 + traces / max(traces.std(), 1e-9), 0, None)
    return np.stack(images), traces


def movement(frames: int, reach: int, rng: Generator) -> np.ndarray:
    """Whole-pixel position of the brain `(frame, 2)` (height, width): drift and jerks within `reach`."""
    drift = gaussian_filter1d(rng.standard_normal((frames, 2)), 25, axis=0, mode="reflect")
    jerk = gaussian_filter1d(rng.standard_normal((frames, 2)) * (rng.random((frames, 1)) < 0.02), 1.2, axis=0)
    path = drift / max(drift.std(), 1e-9) + 4 * jerk
    return np.clip(np.rint(path * reach / 3), -reach, reach).astype(np.int64)
