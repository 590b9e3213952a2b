"""Motion: what the pipeline stored, or rigid shifts estimated here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Combination, Field, Section
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.shifts import crispness, estimate_shift, prepared, shift_whole, template_spectrum
from minian_web.state.explorer_steps.base import Chosen, Numbered, Tick, attempt, parts
from minian_web.store.movies import Movie
from minian_web.store.pipeline_source import Source, as_xarray

KEY = "motion"
STORED, ESTIMATED = "motion as stored", "estimated here (rigid)"
MOVIES = ("varr", "varr_ref", "Y_fm_chk")
TEMPLATE = 60  # frames whose mean the shifts are estimated against
MOST_SHOWN = 400  # frames that the projections are made of
FIELDS = (
    Field("every", 1, ("int",), doc="Every how many frames the shift is estimated"),
    Field("farthest", 20, ("int",), doc="Largest shift in pixels that is looked for"),
)


class Motion:
    """Shifts of the frames, and projections before and after."""

    name, title = "motion", "Motion"
    about = (
        "Shows the shifts that correct the motion, with max projections before and after them. Crispness is the norm "
        "of the gradient of the mean image: motion that is left blurs it."
    )
    wants = frozenset({"movie"})

    @property
    def sections(self) -> tuple[Section, ...]:
        """Stored or estimated."""
        return (Section(KEY, "Motion", {STORED: (), ESTIMATED: FIELDS}, STORED, lambda _method, _values: None),)

    def starts(self, _source: Source) -> list[str]:
        """Nothing to choose beside the form."""
        return []

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Give the motion and the projections of each combination."""
        movie = source.movie(chosen.movie, MOVIES)
        for number, one in enumerate(found):
            part = parts(tick, number / len(found), (number + 1) / len(found))
            yield number, attempt(one, partial(_outcome, source, movie, one, part))


def _outcome(source: Source, movie: Movie, one: Combination, tick: Tick) -> Outcome:
    stored = source.variable("motion")
    if one[KEY].get("method") == ESTIMATED:
        motion = _estimated(source, movie, one[KEY], parts(tick, 0.0, 0.7))
    elif stored is None:
        raise BadRequest(f"no motion is stored with this dataset; take “{ESTIMATED}”")
    else:
        motion = as_xarray(stored)
    rigid = _rigid(motion)
    facts = [f"largest shift {float(np.abs(motion).max()):.2g} px", f"{motion.sizes['frame']} frames"]
    arrays = {"motion": motion}
    if np.isin(motion["frame"], movie.frames).all():
        before, after, sharp = _projected(source, movie, rigid, parts(tick, 0.7, 1.0))
        place = {"height": movie.heights, "width": movie.widths}
        arrays["before"] = xr.DataArray(before, place, ["height", "width"])
        arrays["after"] = xr.DataArray(after, place, ["height", "width"])
        facts.append(f"crispness {sharp[0]:.3g} → {sharp[1]:.3g}")
        if rigid is not motion:
            facts.append("projections use the mean shift of the patches")
    return Outcome(one, arrays, tuple(facts))


def _rigid(motion: xr.DataArray) -> xr.DataArray:
    grid = [dim for dim in motion.dims if dim not in ("frame", "shift_dim")]
    return motion.mean(grid) if grid else motion


def _estimated(source: Source, movie: Movie, values: Mapping[str, Any], tick: Tick) -> xr.DataArray:
    every, farthest = values["every"], values["farthest"]
    if every < 1 or farthest < 1 or movie.n_frames < 2 * every:
        raise BadRequest(f"every and farthest must be from 1 on, and leave two frames, not {every} and {farthest}")
    sample = np.linspace(0, movie.n_frames - 1, min(TEMPLATE, movie.n_frames)).astype(int)
    images = [prepared(movie.read(int(at))) for at in sample]
    spectrum = template_spectrum(np.mean(images, axis=0))
    moved = [shift_whole(one, estimate_shift(one, spectrum, farthest)) for one in images]
    spectrum = template_spectrum(np.mean(moved, axis=0))
    shifts: dict[int, tuple[float, float]] = {}
    for frames, block in source.blocks(movie, tick):
        for at in range(-(-frames.start // every) * every, frames.stop, every):
            if at % 32 == 0:
                tick(at / movie.n_frames)
            shifts[at] = estimate_shift(prepared(block[at - frames.start]), spectrum, farthest)
    values_of = np.array(list(shifts.values()))
    coords = {"frame": movie.frames[list(shifts)], "shift_dim": ["height", "width"]}
    return xr.DataArray(values_of, coords, ["frame", "shift_dim"])


def _projected(
    source: Source, movie: Movie, motion: xr.DataArray, tick: Tick
) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Max projections before and after, and crispness of the means, over some frames."""
    step = max(motion.sizes["frame"] // MOST_SHOWN, 1)
    some = motion.isel(frame=slice(None, None, step))
    known = dict(zip(some["frame"].values.tolist(), some.transpose("frame", "shift_dim").values, strict=True))
    shape = movie.height, movie.width
    top = [np.full(shape, -np.inf), np.full(shape, -np.inf)]
    mean = [np.zeros(shape), np.zeros(shape)]
    for frames, block in source.blocks(movie, tick):
        for offset, coordinate in enumerate(movie.frames[frames].tolist()):
            if coordinate in known:
                frame = block[offset].astype(np.float64)
                moved = shift_whole(frame, tuple(known[coordinate]), fill=float(frame.mean()))
                for number, image in enumerate((frame, moved)):
                    np.maximum(top[number], image, out=top[number])
                    mean[number] += image / len(known)
    sharp = crispness(mean[0]), crispness(mean[1])
    return top[0].astype(np.float32), top[1].astype(np.float32), sharp
