"""What is in front of a simulated microscope, and the film that it makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minian_web.model.patches import Patches
from minian_web.model.phantom import Generator

BLOCK = 32  # frames that are drawn at a time
KEPT_NEUROPIL = 0.25  # share of the neuropil that background removal leaves behind
PIXEL_NOISE = 0.5  # variance of the shot noise per grey value
POOL = 24  # frames of noise that are drawn; each frame gets a random stretch of them, which is ten times as quick


@dataclass(frozen=True)
class Scene:
    """What is in front of the microscope; images and traces float32.

    Attributes
    ----------
    light
        Share of the light that reaches each pixel, `(height, width)`.
    cells
        Numbers of the active cells of the animal.
    shapes, amplitudes, traces
        Their footprints `(n, height, width)`, spikes and fluorescence `(n, frame)`.
    neuropil
        Images `(k, height, width)` and traces `(k, frame)`.
    rest
        The resting tissue, `(height, width)`, and how it bleaches, `(frame,)`.
    path
        Movement of the brain in whole pixels, `(frame, 2)`.
    """

    light: np.ndarray
    cells: np.ndarray
    shapes: np.ndarray
    amplitudes: np.ndarray
    traces: np.ndarray
    neuropil: tuple[np.ndarray, np.ndarray]
    rest: tuple[np.ndarray, np.ndarray]
    path: np.ndarray


def film(scene: Scene, reach: int, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Film a scene.

    Parameters
    ----------
    scene
        What is seen.
    reach
        Largest movement, in pixels.
    rng
        Makes the noise.

    Returns
    -------
    tuple of numpy.ndarray
        `(frame, height, width)`: the raw movie, uint8, and the one whose background is removed and whose motion is
        corrected, float32.
    """
    frames, shape = len(scene.path), scene.light.shape
    raw, clean = np.empty((frames, *shape), np.uint8), np.empty((frames, *shape), np.float32)
    cells = Patches.of(scene.shapes * scene.light)
    dim = (np.concatenate([scene.rest[0][None], scene.neuropil[0]]) * scene.light).reshape(-1, scene.light.size)
    dim_traces = np.concatenate([scene.rest[1][None], scene.neuropil[1]])
    removed = np.concatenate([scene.rest[1][None], (1 - KEPT_NEUROPIL) * scene.neuropil[1]])
    pool = rng.standard_normal(POOL * scene.light.size, np.float32)
    for start in range(0, frames, BLOCK):
        part = slice(start, start + BLOCK)
        images = (dim_traces[:, part].T @ dim).reshape(-1, *shape)
        cells.add_to(images, scene.traces[:, part])
        images += _noise(images, pool, rng)
        for position, image in enumerate(images, start):
            raw[position] = _moved(image, scene.path[position], reach)
        images -= (removed[:, part].T @ dim).reshape(images.shape)
        np.maximum(smooth(images), 0, out=clean[part])
    return raw, clean


def _noise(images: np.ndarray, pool: np.ndarray, rng: Generator) -> np.ndarray:
    size = images[0].size
    starts = rng.integers(0, len(pool) - size, len(images))
    noise = np.stack([pool[start : start + size] for start in starts]).reshape(images.shape)
    spread = images * np.float32(PIXEL_NOISE)
    spread += 1
    noise *= np.sqrt(spread, out=spread)
    return noise


def _moved(frame: np.ndarray, step: np.ndarray, reach: int) -> np.ndarray:
    grey = np.clip(np.rint(frame), 0, 255).astype(np.uint8)
    padded = np.pad(grey, reach, mode="edge")
    row, col = reach - step[0], reach - step[1]
    return padded[row : row + frame.shape[0], col : col + frame.shape[1]]


def smooth(images: np.ndarray) -> np.ndarray:
    """Binomial 3 x 3 filter of the last two axes, edges repeated."""
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(1, 1), (1, 1)], mode="edge")
    for _ in range(2):
        padded = padded[..., :-1, :] + padded[..., 1:, :]
        padded = padded[..., :-1] + padded[..., 1:]
    padded *= padded.dtype.type(1 / 16)
    return padded
