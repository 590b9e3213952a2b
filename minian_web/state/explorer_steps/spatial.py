"""Spatial update of some units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Combination, Field, Section
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.smoothing import noise
from minian_web.model.pipeline.spatial import Problem, check_sizes, dilated, normalised, problem, update_spatial
from minian_web.state.explorer_steps.base import Chosen, Numbered, Tick, attempt, check_memory, check_units, parts
from minian_web.store.pipeline_source import Source

KEY = "param_second_spatial"
MERGED, RESULTS = "A_mrg and sig_mrg (intermediate)", "A and C of the results"
MOVIES = ("Y_fm_chk", "varr_ref", "varr")
NOISE_BAND = (0.06, 0.5)
FIELDS = (
    Field("dl_wnd", 10, ("int",), doc="Radius in pixels by which a footprint may grow"),
    Field("sparse_penal", 0.01, ("float",), doc="Weight of the sparseness of footprints, from 0 on"),
    Field("size_min", 25, ("float", "None"), doc="Area in pixels that a footprint must exceed, or none"),
    Field("size_max", None, ("float", "None"), doc="Area in pixels that a footprint must stay below, or none"),
)


class Spatial:
    """Footprints of units for several parameters."""

    name, title = "spatial", "Spatial update"
    about = (
        "Finds which pixels follow the trace of each unit (a sparse, non-negative regression for every pixel). "
        "All penalties are computed at once."
    )
    wants = frozenset({"units"})

    @property
    def sections(self) -> tuple[Section, ...]:
        """One dictionary."""
        return (Section(KEY, "Spatial update", {"": FIELDS}, "", _python),)

    def starts(self, source: Source) -> list[str]:
        """What the pipeline itself started from, where it is still there."""
        merged = all(source.intermediate(name) is not None for name in ("A_mrg", "sig_mrg"))
        return [*([MERGED] if merged else []), RESULTS]

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Give A and C of each combination."""
        units = check_units(chosen.units)
        penalties = len({one[KEY]["sparse_penal"] for one in found})
        check_memory(units, math.prod(source.dataset.shape), penalties + 1)
        names = ("A", "C") if chosen.start == RESULTS or MERGED not in self.starts(source) else ("A_mrg", "sig_mrg")
        a = source.of_units(source.needed(names[0]), units, ("height", "width"))
        traces = source.of_units(source.needed(names[1]), units, ("frame",))
        wrong = {number: reason for number, one in enumerate(found) if (reason := _wrong(one))}
        for number, reason in wrong.items():
            yield number, Outcome(found[number], error=reason)
        windows: dict[int, dict[int, Combination]] = {}
        for number, one in enumerate(found):
            if number not in wrong:
                windows.setdefault(int(one[KEY]["dl_wnd"]), {})[number] = one
        for done, (dl_wnd, numbered) in enumerate(windows.items()):
            part = parts(tick, done / len(windows), (done + 1) / len(windows))
            yield from _of_window(source, chosen, (a, traces), dl_wnd, numbered, part)


def _of_window(
    source: Source,
    chosen: Chosen,
    arrays: tuple[np.ndarray, np.ndarray],
    dl_wnd: int,
    numbered: Mapping[int, Combination],
    tick: Tick,
) -> list[Numbered]:
    """All combinations of one dilation, with one pass over the movie and the pixels."""
    try:
        posed, sn = _posed(source, chosen, arrays, dl_wnd, parts(tick, 0.0, 0.3))
        penalties = sorted({float(one[KEY]["sparse_penal"]) for one in numbered.values()})
        images = dict(zip(penalties, update_spatial(posed, sn, penalties, parts(tick, 0.3, 1.0)), strict=True))
    except BadRequest as error:
        return [(number, Outcome(one, error=str(error))) for number, one in numbered.items()]
    return [
        (
            number,
            attempt(
                one, partial(_outcome, source, chosen.units, arrays[1], one, images[float(one[KEY]["sparse_penal"])])
            ),
        )
        for number, one in numbered.items()
    ]


def _python(_method: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    sizes = (values.get("size_min"), values.get("size_max"))
    return {**{name: value for name, value in values.items() if not name.startswith("size_")}, "size_thres": sizes}


def _wrong(one: Combination) -> str:
    """Why these values cannot be used; empty when they can."""
    values = one[KEY]
    if values["sparse_penal"] < 0 or values["dl_wnd"] < 0:
        return f"sparse_penal and dl_wnd must be from 0 on, not {values['sparse_penal']} and {values['dl_wnd']}"
    try:
        check_sizes((values["size_min"], values["size_max"]))
    except BadRequest as error:
        return str(error)
    return ""


def _posed(
    source: Source, chosen: Chosen, arrays: tuple[np.ndarray, np.ndarray], dl_wnd: int, tick: Tick
) -> tuple[Problem, np.ndarray]:
    movie = source.movie(chosen.movie, MOVIES)
    if movie.n_frames != arrays[1].shape[1]:
        raise BadRequest(f"{movie.name} has {movie.n_frames} frames, the traces {arrays[1].shape[1]}")
    candidates = dilated(arrays[0], dl_wnd)
    posed = problem(arrays[1], candidates, source.blocks(movie, tick))
    if source.variable("sn_spatial") is not None:
        return posed, source.plane("sn_spatial")
    return posed, _noise(source, movie.name, posed.pixels, tick)


def _noise(source: Source, movie_name: str, pixels: np.ndarray, tick: Tick) -> np.ndarray:
    """Noise of the pixels that are needed, from the movie."""
    movie = source.movie(movie_name)
    traces = np.empty((pixels.size, movie.n_frames), np.float32)
    for frames, block in source.blocks(movie, tick):
        traces[:, frames] = block.reshape(len(block), -1)[:, pixels].T
    result = np.zeros(movie.height * movie.width)
    for part in np.array_split(np.arange(pixels.size), max(pixels.size // 4096, 1)):
        result[pixels[part]] = noise(traces[part], *NOISE_BAND)
    return result.reshape(movie.height, movie.width)


def _outcome(source: Source, units: Sequence[int], traces: np.ndarray, one: Combination, image: np.ndarray) -> Outcome:
    kept, footprints, factors = normalised(image, (one[KEY]["size_min"], one[KEY]["size_max"]))
    left = [unit for unit, keep in zip(units, kept, strict=True) if keep]
    gone = [str(unit) for unit, keep in zip(units, kept, strict=True) if not keep]
    arrays = {
        "A": source.named(footprints[kept], ("unit_id", "height", "width"), left),
        "C": source.named(traces[kept] * factors[kept, None], ("unit_id", "frame"), left),
    }
    areas = (footprints[kept] > 0).sum(axis=(1, 2))
    facts = [f"{len(left)} of {len(units)} units", f"median area {np.median(areas):.0f} px" if left else "none left"]
    facts += [f"dropped by size: {', '.join(gone)}"] if gone else []
    return Outcome(one, arrays, tuple(facts))
