"""Simulated recordings with the results that minian would get from them; known truth, deterministic by seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from minian_web.model import phantom
from minian_web.model.filming import Scene, film
from minian_web.model.phantom import Cell, Generator
from minian_web.model.results import analysed, found_units

FADE = 0.06  # share of the light lost to bleaching over a session
IN_SIGHT = 0.3  # share of its usual area that a cell shows at least to count as active


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
    """
    rng = np.random.default_rng([plan.seed, 1, number])
    frames = session.frames or plan.frames
    scene = _scene(plan, session, cells, frames, rng)
    raw, clean = film(scene, plan.reach, rng)
    units = found_units(scene, plan.decay_per_frame, rng, split=plan.split, missed=plan.missed, junk=plan.junk)
    variables = analysed(clean, units, scene.path, rng)
    coordinate = _coordinates(plan, frames, session, units.ids)
    results = {name: coordinate(name, dims, data) for name, (dims, data) in variables.items()}
    movie = ("frame", "height", "width")
    movies = {"varr": coordinate("varr", movie, raw), "Y_fm_chk": coordinate("Y_fm_chk", movie, clean)}
    return Recording(results, movies, units.cells)


def _scene(plan: Plan, session: Session, cells: list[Cell], frames: int, rng: Generator) -> Scene:
    shapes = np.stack([cell.image(plan.shape, session.shift) for cell in cells])
    seen = (shapes > 0.3).sum(axis=(1, 2)) > IN_SIGHT * np.pi * plan.radius**2
    active = np.flatnonzero(seen & (rng.random(len(cells)) < session.active))
    amplitudes = np.stack([cells[i].brightness * phantom.spikes(cells[i], frames, rng) for i in active])
    images, slow = phantom.neuropil(plan.shape, frames, rng)
    tissue = phantom.tissue(plan.shape, np.random.default_rng([plan.seed, 2]))
    bleaching = np.exp(-FADE * np.arange(frames) / frames)
    traces = phantom.unsteady(phantom.calcium(amplitudes, plan.decay_per_frame), rng)
    return Scene(
        light=phantom.vignette(plan.shape).astype(np.float32),
        cells=active,
        shapes=shapes[active].astype(np.float32),
        amplitudes=amplitudes,
        traces=traces.astype(np.float32),
        neuropil=(images.astype(np.float32), slow.astype(np.float32)),
        rest=(tissue.astype(np.float32), bleaching.astype(np.float32)),
        path=phantom.movement(frames, plan.reach, rng),
    )


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
