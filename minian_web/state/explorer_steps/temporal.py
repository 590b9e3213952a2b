"""Temporal update of some units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Combination, Field, Section, fields_of
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.temporal import Fit, group_scales, residual_traces, update_temporal
from minian_web.state.explorer_steps.base import Chosen, Numbered, Tick, attempt, check_memory, check_units, parts
from minian_web.store.pipeline_source import Source

KEY = "param_second_temporal"
STORED, COMPUTED = "YrA as stored", "YrA computed from the movie"
AS_PIPELINE, RAW = "as the pipeline computes", "raw trace"
MOVIES = ("Y_fm_chk", "varr_ref", "varr")
JACCARD = Field("jac_thres", 0.4, ("float",), doc="Units that overlap more (Jaccard index) are scaled together")


@dataclass(frozen=True, eq=False)
class Begun:
    """Traces and footprints of the units."""

    units: tuple[int, ...]
    traces: np.ndarray
    footprints: np.ndarray


class Temporal:
    """Calcium and spikes of units for several parameters."""

    name, title = "temporal", "Temporal update"
    about = (
        "Deconvolves the trace of each unit (YrA) into calcium and spikes. "
        "Compare penalties, order of the process and smoothing on a few units."
    )
    wants = frozenset({"units"})

    @property
    def sections(self) -> tuple[Section, ...]:
        """One dictionary; the methods are what is fitted."""
        fields = (*fields_of(update_temporal, {"add_lag": ("p",)}, without=["smooth", "scale"]), JACCARD)
        return (Section(KEY, "Fit", {AS_PIPELINE: fields, RAW: fields}, AS_PIPELINE, _python),)

    def starts(self, source: Source) -> list[str]:
        """Stored YrA where there is one."""
        return [*([STORED] if source.variable("YrA") is not None else []), COMPUTED]

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Give C, S, b0, c0, g, the fitted signal, YrA and A of each combination."""
        units = check_units(chosen.units)
        check_memory(units, math.prod(source.dataset.shape), 1)
        begun = _begin(source, units, chosen, parts(tick, 0.0, 0.3))
        for number, one in enumerate(found):
            part = parts(tick, 0.3 + 0.7 * number / len(found), 0.3 + 0.7 * (number + 1) / len(found))
            yield number, attempt(one, partial(_outcome, source, begun, one, part))


def _python(_method: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


def _begin(source: Source, units: tuple[int, ...], chosen: Chosen, tick: Tick) -> Begun:
    a = source.of_units(source.needed("A"), units, ("height", "width"))
    stored = source.variable("YrA")
    if chosen.start != COMPUTED and stored is not None and source.has_units(stored, units):
        return Begun(units, source.of_units(stored, units, ("frame",)), a)
    if chosen.start == STORED:
        raise BadRequest(f"the stored YrA lacks some of these units; take “{COMPUTED}”")
    return Begun(units, _computed(source, units, a, chosen.movie, tick), a)


def _computed(source: Source, units: tuple[int, ...], a: np.ndarray, movie_name: str, tick: Tick) -> np.ndarray:
    movie = source.movie(movie_name, MOVIES)
    if movie.n_frames != len(source.dataset.frames):
        raise BadRequest(f"{movie.name} has {movie.n_frames} frames, the results {len(source.dataset.frames)}")
    c = source.of_units(source.needed("C"), units, ("frame",))
    b, f = source.plane("b").reshape(-1), source.needed("f").select({}, ("frame",)).astype(np.float64)
    flat = a.reshape(len(a), -1)
    seen = np.zeros((movie.n_frames, len(a)))
    inside = flat.any(axis=0)
    weights = flat[:, inside].T.copy()
    for frames, block in source.blocks(movie, tick):
        seen[frames] = block.reshape(len(block), -1)[:, inside].astype(np.float64) @ weights
    return residual_traces(seen, flat @ b, f, flat @ flat.T, c)


def _outcome(source: Source, begun: Begun, one: Combination, tick: Tick) -> Outcome:
    values = dict(one[KEY])
    smooth = values.pop("method") == AS_PIPELINE
    scales = group_scales(begun.traces, begun.footprints.reshape(len(begun.footprints), -1), values.pop("jac_thres"))
    fits: dict[int, Fit] = {}
    refused: dict[str, list[int]] = {}
    for row, unit in enumerate(begun.units):
        tick(row / len(begun.units))
        try:
            fits[unit] = update_temporal(begun.traces[row], smooth=smooth, scale=float(scales[row]), **values)
        except BadRequest as error:
            refused.setdefault(str(error), []).append(unit)
    if not fits:
        raise BadRequest("; ".join(refused))
    return _assembled(source, begun, one, fits, refused)


def _assembled(
    source: Source, begun: Begun, one: Combination, fits: dict[int, Fit], refused: dict[str, list[int]]
) -> Outcome:
    kept = [unit for unit, fit in fits.items() if not fit.empty]
    gone = [unit for unit, fit in fits.items() if fit.empty]
    named, dims = source.named, ("unit_id", "frame")
    frames = len(begun.traces[0])
    arrays = {"YrA": named(begun.traces, dims, begun.units)}
    arrays["A"] = named(begun.footprints, ("unit_id", "height", "width"), begun.units)
    each = {"C": "c", "S": "s", "b0": "b", "c0": "c0", "sig": "signal", "fitted": "fitted"}
    for name, attribute in each.items():
        rows = [getattr(fits[unit], attribute) for unit in kept]
        arrays[name] = named(np.array(rows).reshape(len(kept), frames), dims, kept)
    order = int(one[KEY]["p"])
    g = np.array([fits[unit].g for unit in kept]).reshape(len(kept), order)
    arrays["g"] = named(g, ("unit_id", "lag"), kept).assign_coords(lag=np.arange(order))
    facts = [f"{len(kept)} of {len(begun.units)} units"]
    facts += [f"dropped, nothing left: {', '.join(map(str, gone))}"] if gone else []
    facts += [f"unit {', '.join(map(str, units))}: {reason}" for reason, units in refused.items()]
    return Outcome(one, arrays, tuple(facts))
