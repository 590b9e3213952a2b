"""Results that a pipeline would get from a simulated film: its units and what is computed from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minian_web.model import phantom
from minian_web.model.filming import BLOCK, KEPT_NEUROPIL, Scene, smooth
from minian_web.model.patches import Patches
from minian_web.model.phantom import FAINTEST, Generator

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


@dataclass(frozen=True)
class Units:
    """What was found.

    Attributes
    ----------
    ids
        Unit ids, `(unit,)`.
    cells
        The animal's cell that each shows; -1 for junk.
    footprints
        `(unit, height, width)` float32 with maximum 1.
    spikes, calcium
        `(unit, frame)` float64.
    """

    ids: np.ndarray
    cells: np.ndarray
    footprints: np.ndarray
    spikes: np.ndarray
    calcium: np.ndarray


def found_units(scene: Scene, decay: float, rng: Generator, *, split: int, missed: int, junk: int) -> Units:
    """Units that are found in a scene.

    Parameters
    ----------
    scene
        What was filmed.
    decay
        Calcium decay per frame.
    split, missed, junk
        How many cells are found as two units, how many are not found, and how many units are no cells.
    """
    found = [*_cells(scene, rng, split, missed), *_junk(scene, decay, rng, junk)]
    found.sort(key=lambda unit: int(unit[1].argmax()))  # top to bottom, as the seeds are
    spikes = np.stack([unit[2] for unit in found])
    return Units(
        ids=_unit_ids(len(found), rng),
        cells=np.array([unit[0] for unit in found]),
        footprints=np.stack([unit[1] for unit in found]).astype(np.float32),
        spikes=spikes,
        calcium=phantom.calcium(spikes, decay),
    )


Found = tuple[int, np.ndarray, np.ndarray]  # cell, footprint, spikes


def _cells(scene: Scene, rng: Generator, split: int, missed: int) -> Iterator[Found]:
    images = smooth(scene.shapes * scene.light).astype(np.float64)
    order = rng.permutation(len(images))
    for i in np.sort(order[split + missed :]):
        yield _as_unit(int(scene.cells[i]), images[i], scene.amplitudes[i], rng)
    for i in order[:split]:
        for half in _halves(images[i], rng):
            yield _as_unit(int(scene.cells[i]), half, scene.amplitudes[i], rng)


def _as_unit(cell: int, image: np.ndarray, amplitudes: np.ndarray, rng: Generator) -> Found:
    bright = image.max()
    footprint = np.where(image < FAINTEST * bright, 0, image / bright)
    return cell, footprint, bright * amplitudes * rng.uniform(0.9, 1.1, len(amplitudes))


def _halves(image: np.ndarray, rng: Generator) -> list[np.ndarray]:
    """Two overlapping halves that sum to the image."""
    rows, cols = np.mgrid[: image.shape[0], : image.shape[1]]
    total, angle = image.sum(), rng.uniform(0, np.pi)
    up, right = rows - (rows * image).sum() / total, cols - (cols * image).sum() / total
    share = 1 / (1 + np.exp(-(up * np.sin(angle) + right * np.cos(angle)) / 1.2))
    return [image * share, image * (1 - share)]


def _junk(scene: Scene, decay: float, rng: Generator, count: int) -> Iterator[Found]:
    """Units that are no cells: in turn a patch of neuropil, a speck, an edge."""
    makers = (_neuropil_patch, _speck, _edge)
    for i in range(count):
        image, trace = makers[i % len(makers)](scene, decay, rng, i)
        image = np.where(image < 2 * FAINTEST * image.max(), 0, image / image.max())
        yield -1, image, np.maximum(trace - decay * np.concatenate([[0], trace[:-1]]), 0)


Junk = tuple[np.ndarray, np.ndarray]


def _neuropil_patch(scene: Scene, decay: float, rng: Generator, number: int) -> Junk:
    images, traces = scene.neuropil
    return images[number % len(images)].astype(float) ** 25, KEPT_NEUROPIL * traces[number % len(traces)].astype(float)


def _speck(scene: Scene, decay: float, rng: Generator, number: int) -> Junk:
    shape, frames = scene.light.shape, len(scene.path)
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    row, col = rng.uniform([0, 0], shape)
    amplitudes = 3 * rng.exponential(1.0, frames) * (rng.random(frames) < 0.02)
    return np.exp(-(((rows - row) / 1.2) ** 2) - ((cols - col) / 1.5) ** 2), phantom.calcium(amplitudes, decay)


def _edge(scene: Scene, decay: float, rng: Generator, number: int) -> Junk:
    shape = scene.light.shape
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    col, width = rng.uniform(0, shape[1]), shape[1] / 20
    image = np.exp(-(((rows - shape[0] + 2) / 1.5) ** 2) - ((cols - col) / width) ** 2)
    return image, np.abs(scene.path).sum(axis=1).astype(float)


def _unit_ids(count: int, rng: Generator) -> np.ndarray:
    """Ids with gaps, nearly sorted, as they are after minian has dropped and merged units."""
    ids = np.sort(rng.choice(count + count // 4 + 1, count, replace=False))
    if count > 3:
        first, last = count // 3, count - 2
        ids[first], ids[last] = ids[last], ids[first]
    return ids.astype(np.int64)


def analysed(movie: np.ndarray, units: Units, path: np.ndarray, rng: Generator) -> Variables:
    """Variables of the results as dimensions and data, by the pipeline's own formulas.

    Parameters
    ----------
    movie
        Background removed and motion corrected, `(frame, height, width)` float32.
    units
        What was found.
    path
        Movement of the brain, `(frame, 2)`.
    rng
        Makes what is left to chance.
    """
    c, patches = units.calcium, Patches.of(units.footprints)
    b, f = _background(movie, patches, c.astype(np.float32))
    start = rng.exponential(2, (len(c), 1)) * (rng.random((len(c), 1)) < 0.4)
    image, trace = ("height", "width"), ("unit_id", "frame")
    return {
        "A": (("unit_id", *image), units.footprints.astype(np.float64)),
        "C": (trace, c),
        "S": (trace, units.spikes),
        "b0": (trace, np.repeat(rng.exponential(0.4, (len(c), 1)), c.shape[1], axis=1)),
        "c0": (trace, start * 0.93 ** np.arange(c.shape[1])),
        "YrA": (trace, _raw_traces(movie, patches, c, b, f)),
        "b": (image, b),
        "f": (("frame",), f),
        "max_proj": (image, movie.max(axis=0)),
        "motion": (("frame", "shift_dim"), -path + rng.normal(0, 0.03, path.shape)),
    }


def _background(movie: np.ndarray, patches: Patches, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over frames of clip(Y - A.C, 0), `(height, width)`, and its least-squares trace `(frame,)`; float64."""
    rest = np.empty_like(movie)
    total = np.zeros(movie.shape[1:])
    for start in range(0, len(movie), BLOCK):
        part = slice(start, start + BLOCK)
        rest[part] = movie[part]
        patches.add_to(rest[part], -c[:, part])
        np.maximum(rest[part], 0, out=rest[part])
        total += rest[part].sum(axis=0, dtype=np.float64)
    b = total / len(movie)
    f = rest.reshape(len(movie), -1) @ b.ravel().astype(np.float32)
    return b, f.astype(np.float64) / max(float((b * b).sum()), 1e-12)


def _raw_traces(movie: np.ndarray, patches: Patches, c: np.ndarray, b: np.ndarray, f: np.ndarray) -> np.ndarray:
    """YrA: the movie's own traces of the units, `(unit, frame)`, their cross-talk taken out."""
    a = patches.images.reshape(len(c), -1).astype(np.float64)
    products = patches.products(movie) - np.outer(f, a @ b.ravel())
    raw = (products - c.T @ (a @ a.T)) / (a**2).sum(axis=1) + c.T
    return np.ascontiguousarray(np.clip(raw, 0, None).T)
