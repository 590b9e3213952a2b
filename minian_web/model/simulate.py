"""Simulated recordings with the results that minian would get from them; known truth, deterministic by seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from minian_web.model import phantom
from minian_web.model.phantom import Cell, Generator

BLOCK = 64  # frames that are drawn at a time
FADE = 0.06  # share of the light lost to bleaching over a session
KEPT_NEUROPIL = 0.25  # share of the neuropil that background removal leaves behind


@dataclass(frozen=True)
class Plan:
    """What to simulate.

    Attributes
    ----------
    height, width, frames
        Size of the movie.
    cells
        Neurons of the animal; a few of them are found twice or not at all.
    radius
        Typical half axis of a cell in pixels.
    frame_rate
        Frames per second.
    decay
        Seconds in which calcium falls to 1/e.
    split
        Cells that were found as two units each.
    junk
        Units that are no cells: a patch of neuropil, specks, an edge.
    missed
        Cells seen in the movie that were not found.
    reach
        Largest movement of the brain in pixels.
    seed
        Same seed, same recording.
    """

    height: int = 256
    width: int = 256
    frames: int = 1000
    cells: int = 60
    radius: float = 6.0
    frame_rate: float = 20.0
    decay: float = 0.7
    split: int = 3
    junk: int = 4
    missed: int = 2
    reach: int = 3
    seed: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def decay_per_frame(self) -> float:
        """First-order coefficient of the calcium decay."""
        return float(np.exp(-1 / (self.decay * self.frame_rate)))


@dataclass(frozen=True)
class Session:
    """One recording of an animal.

    Attributes
    ----------
    animal, session
        Its names.
    shift
        How far the field of view has moved since the first session, in pixels (height, width).
    active
        Share of the cells that are active.
    frames
        Number of frames; None as the plan says.
    """

    animal: str
    session: str
    shift: tuple[float, float] = (0.0, 0.0)
    active: float = 1.0
    frames: int | None = None


@dataclass(frozen=True)
class Recording:
    """A simulated recording.

    Attributes
    ----------
    results
        A, C, S, b0, c0, YrA, b, f, max_proj, motion as minian names, shapes and types them.
    movies
        `varr` (raw, uint8) and `Y_fm_chk` (background removed, motion corrected, float32).
    cells
        The animal's cell that each unit shows, -1 for junk; `(unit,)` in the order of `A`.
    """

    results: dict[str, xr.DataArray]
    movies: dict[str, xr.DataArray]
    cells: np.ndarray = field(repr=False)


def animal(plan: Plan) -> list[Cell]:
    """Cells of the animal that the plan's seed stands for."""
    return phantom.draw_cells(plan.cells, plan.shape, plan.radius, np.random.default_rng([plan.seed, 0]))


def record(plan: Plan, session: Session, cells: list[Cell], number: int = 0) -> Recording:
    """Record one session of an animal and analyse it.

    Parameters
    ----------
    plan
        Size and character of the recording.
    session
        Which session.
    cells
        From `animal`; the same list for every session of one animal.
    number
        Number of the session; with the plan's seed it decides what happens in it.

    Returns
    -------
    Recording
    """
    rng = np.random.default_rng([plan.seed, 1, number])
    frames = session.frames or plan.frames
    scene = _scene(plan, session, cells, frames, rng)
    raw, clean = _film(plan, scene, rng)
    units = _found_units(plan, scene, rng)
    variables = _analyse(clean, units, scene, rng)
    coordinate = _coordinates(plan, frames, session, units.ids)
    results = {name: coordinate(name, dims, data) for name, (dims, data) in variables.items()}
    movie = ("frame", "height", "width")
    movies = {"varr": coordinate("varr", movie, raw), "Y_fm_chk": coordinate("Y_fm_chk", movie, clean)}
    return Recording(results, movies, units.cells)


@dataclass(frozen=True)
class _Scene:
    """What is in front of the microscope: images `(n, pixel)` and traces `(n, frame)`, float32."""

    light: np.ndarray
    cells: np.ndarray  # numbers of the active cells
    shapes: np.ndarray
    amplitudes: np.ndarray
    traces: np.ndarray
    neuropil: tuple[np.ndarray, np.ndarray]
    rest: tuple[np.ndarray, np.ndarray]
    path: np.ndarray


def _scene(plan: Plan, session: Session, cells: list[Cell], frames: int, rng: Generator) -> _Scene:
    shapes = np.stack([cell.image(plan.shape, session.shift).ravel() for cell in cells]) if cells else np.zeros((0, 1))
    seen = (shapes > 0.3).sum(axis=1) > 0.7 * np.pi * plan.radius**2 * 0.4
    active = np.flatnonzero(seen & (rng.random(len(cells)) < session.active))
    amplitudes = np.stack([cells[i].brightness * phantom.spikes(cells[i], frames, rng) for i in active])
    images, slow = phantom.neuropil(plan.shape, frames, rng)
    bleaching = np.exp(-FADE * np.arange(frames) / frames)
    tissue = phantom.tissue(plan.shape, np.random.default_rng([plan.seed, 2]))
    return _Scene(
        light=phantom.vignette(plan.shape).ravel().astype(np.float32),
        cells=active,
        shapes=shapes[active].astype(np.float32),
        amplitudes=amplitudes,
        traces=phantom.unsteady(phantom.calcium(amplitudes, plan.decay_per_frame), rng).astype(np.float32),
        neuropil=(images.reshape(len(images), -1).astype(np.float32), slow.astype(np.float32)),
        rest=(tissue.reshape(1, -1).astype(np.float32), bleaching[None].astype(np.float32)),
        path=phantom.movement(frames, plan.reach, rng),
    )


def _film(plan: Plan, scene: _Scene, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Film the scene; give the raw movie (uint8) and the background-removed one (float32)."""
    frames, shape = len(scene.path), plan.shape
    raw = np.empty((frames, *shape), np.uint8)
    clean = np.empty((frames, *shape), np.float32)
    images = np.concatenate([scene.rest[0], scene.neuropil[0], scene.shapes]) * scene.light
    traces = np.concatenate([scene.rest[1], scene.neuropil[1], scene.traces])
    background = np.concatenate([scene.rest[1], (1 - KEPT_NEUROPIL) * scene.neuropil[1]])
    for start in range(0, frames, BLOCK):
        part = slice(start, start + BLOCK)
        light = traces[:, part].T @ images
        light += rng.standard_normal(light.shape, np.float32) * np.sqrt(0.5 * light + 1)
        for position, frame in enumerate(light.reshape(-1, *shape), start):
            raw[position] = _moved(frame, scene.path[position], plan.reach)
        light -= background[:, part].T @ images[: len(background)]
        clean[part] = np.maximum(_smooth(light.reshape(-1, *shape)), 0)
    return raw, clean


def _moved(frame: np.ndarray, step: np.ndarray, reach: int) -> np.ndarray:
    grey = np.clip(np.rint(frame), 0, 255).astype(np.uint8)
    padded = np.pad(grey, reach, mode="edge")
    row, col = reach - step[0], reach - step[1]
    return padded[row : row + frame.shape[0], col : col + frame.shape[1]]


def _smooth(images: np.ndarray) -> np.ndarray:
    """Binomial 3 x 3 filter of the last two axes, edges repeated."""
    for axis in (-2, -1):
        image = np.moveaxis(images, axis, 0)
        mean = 0.5 * image
        mean[1:] += 0.25 * image[:-1]
        mean[:-1] += 0.25 * image[1:]
        mean[[0, -1]] += 0.25 * image[[0, -1]]
        images = np.moveaxis(mean, 0, axis)
    return images


@dataclass(frozen=True)
class _Units:
    """What was found: ids, true cells, footprints `(unit, pixel)` of maximum 1, spikes and calcium `(unit, frame)`."""

    ids: np.ndarray
    cells: np.ndarray
    footprints: np.ndarray
    spikes: np.ndarray
    calcium: np.ndarray


def _found_units(plan: Plan, scene: _Scene, rng: Generator) -> _Units:
    shape = plan.shape
    images = _smooth((scene.shapes * scene.light).reshape(-1, *shape)).reshape(len(scene.shapes), -1)
    order = rng.permutation(len(images))
    split, found = order[: plan.split], np.sort(order[plan.split + plan.missed :])
    parts = [(scene.cells[i], images[i], scene.amplitudes[i]) for i in found]
    for i in split:
        parts += [(scene.cells[i], half, scene.amplitudes[i]) for half in _halves(images[i], shape, rng)]
    footprints, spikes, numbers = [], [], []
    for cell, image, amplitudes in parts:
        bright = image.max()
        footprints.append(np.where(image < phantom.FAINTEST * bright, 0, image / bright))
        spikes.append(bright * amplitudes * rng.uniform(0.9, 1.1, len(amplitudes)))
        numbers.append(cell)
    for footprint, trace in _junk(plan, scene, rng):
        footprints.append(footprint)
        spikes.append(np.maximum(trace - plan.decay_per_frame * np.concatenate([[0], trace[:-1]]), 0))
        numbers.append(-1)
    place = np.argsort([f.argmax() for f in footprints])  # top to bottom, as minian's seeds are
    spike_array = np.stack(spikes)[place]
    return _Units(
        ids=_unit_ids(len(place), rng),
        cells=np.array(numbers)[place],
        footprints=np.stack(footprints)[place],
        spikes=spike_array,
        calcium=phantom.calcium(spike_array, plan.decay_per_frame),
    )


def _halves(image: np.ndarray, shape: tuple[int, int], rng: Generator) -> list[np.ndarray]:
    """Two overlapping halves that sum to the image."""
    rows, cols = (axis.ravel() for axis in np.mgrid[: shape[0], : shape[1]])
    total, angle = image.sum(), rng.uniform(0, np.pi)
    along = (rows - (rows * image).sum() / total) * np.sin(angle) + (cols - (cols * image).sum() / total) * np.cos(
        angle
    )
    share = 1 / (1 + np.exp(-along / 1.2))
    return [image * share, image * (1 - share)]


def _junk(plan: Plan, scene: _Scene, rng: Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Footprint and trace of units that are no cells: in turn a patch of neuropil, a speck, an edge."""
    frames: int = scene.traces.shape[1]
    rows, cols = np.ogrid[: plan.height, : plan.width]
    units = []
    for i in range(plan.junk):
        row, col = rng.uniform([0, 0], plan.shape)
        if i % 3 == 0:
            image = scene.neuropil[0][i % len(scene.neuropil[0])].reshape(plan.shape) ** 25
            trace = KEPT_NEUROPIL * scene.neuropil[1][i % len(scene.neuropil[1])]
        elif i % 3 == 1:
            image = np.exp(-(((rows - row) / 1.2) ** 2) - ((cols - col) / 1.5) ** 2)
            amplitudes = 3 * rng.exponential(1.0, frames) * (rng.random(frames) < 0.02)
            trace = phantom.calcium(amplitudes, plan.decay_per_frame)
        else:
            image = np.exp(-(((rows - plan.height + 2) / 1.5) ** 2) - ((cols - col) / (2 * plan.radius)) ** 2)
            trace = np.abs(scene.path).sum(axis=1).astype(float)
        image = np.where(image < 2 * phantom.FAINTEST * image.max(), 0, image / image.max())
        units.append((image.ravel(), trace))
    return units


def _unit_ids(count: int, rng: Generator) -> np.ndarray:
    """Ids with gaps, nearly sorted, as they are after minian has dropped and merged units."""
    ids = np.sort(rng.choice(count + count // 4 + 1, count, replace=False))
    if count > 3:
        first, last = count // 3, count - 2
        ids[first], ids[last] = ids[last], ids[first]
    return ids.astype(np.int64)


def _analyse(
    movie: np.ndarray, units: _Units, scene: _Scene, rng: Generator
) -> Mapping[str, tuple[tuple[str, ...], np.ndarray]]:
    """Variables of the results as dimensions and data, by the pipeline's own formulas."""
    pixels = movie.reshape(len(movie), -1)
    a, c = units.footprints, units.calcium
    b, f = _background(pixels, a.astype(np.float32), c.astype(np.float32))
    n = np.diag(1 / (a**2).sum(axis=1))
    projected = pixels @ a.T.astype(np.float32) - np.outer(f, b @ a.T)
    raw_traces = np.clip(projected @ n - c.T @ (a @ a.T) @ n + c.T, 0, None)
    start = rng.exponential(2, (len(a), 1)) * (rng.random((len(a), 1)) < 0.4)
    image, trace = ("height", "width"), ("unit_id", "frame")
    shape = movie.shape[1:]
    return {
        "A": (("unit_id", *image), a.reshape(-1, *shape).astype(np.float64)),
        "C": (trace, c),
        "S": (trace, units.spikes),
        "b0": (trace, np.repeat(rng.exponential(0.4, (len(a), 1)), c.shape[1], axis=1)),
        "c0": (trace, start * 0.93 ** np.arange(c.shape[1])),
        "YrA": (trace, raw_traces.T.copy()),
        "b": (image, b.reshape(shape)),
        "f": (("frame",), f),
        "max_proj": (image, movie.max(axis=0)),
        "motion": (("frame", "shift_dim"), -scene.path + rng.normal(0, 0.03, scene.path.shape)),
    }


def _background(pixels: np.ndarray, a: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over frames of clip(Y - A.C, 0), and the least-squares trace of it, both float64."""
    rest = [np.clip(pixels[s : s + BLOCK] - c[:, s : s + BLOCK].T @ a, 0, None) for s in range(0, len(pixels), BLOCK)]
    b = np.sum([part.sum(axis=0, dtype=np.float64) for part in rest], axis=0) / len(pixels)
    f = np.concatenate([part @ b for part in rest]) / max(float(b @ b), 1e-12)
    return b, f


def _coordinates(
    plan: Plan, frames: int, session: Session, ids: np.ndarray
) -> Callable[[str, tuple[str, ...], np.ndarray], xr.DataArray]:
    """Give a function that makes named arrays with minian's coordinates."""
    axes = {
        "frame": np.arange(frames),
        "height": np.arange(plan.height),
        "width": np.arange(plan.width),
        "unit_id": ids,
        "shift_dim": np.array(["height", "width"]),
    }

    def array(name: str, dims: tuple[str, ...], data: np.ndarray) -> xr.DataArray:
        coords: dict[str, object] = {dim: axes[dim] for dim in dims}
        if name != "varr":  # the pipeline adds these when it saves
            coords |= {"animal": session.animal, "session": session.session}
        return xr.DataArray(data, dims=dims, coords=coords, name=name)

    return array
