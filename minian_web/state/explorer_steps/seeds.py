"""Seeds and their refinements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Combination, Field, Section
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.refinement import ks_mask, ks_values, merge_mask, peak_to_noise, pnr_mask
from minian_web.model.pipeline.seeds import METHODS, projections, random_windows, rolling_windows, seeds_of
from minian_web.state.explorer_steps.base import Chosen, Numbered, Tick, attempt, parts
from minian_web.store.movies import Movie
from minian_web.store.pipeline_source import Source

INIT, PNR, KS, MERGE = "param_seeds_init", "param_pnr_refine", "param_ks_refine", "param_seeds_merge"
MOVIES = ("Y_fm_chk", "varr_ref", "varr")
ON = "on"
OFF = "off"
INIT_FIELDS = (
    Field("wnd_size", 1000, ("int",), doc="Frames of a window"),
    Field("method", "rolling", ("str",), METHODS, doc="rolling windows, or windows of randomly drawn frames: random"),
    Field("stp_size", 500, ("int",), doc="Frames between the centres of rolling windows"),
    Field("nchunk", 100, ("int",), doc="Number of random windows"),
    Field("max_wnd", 15, ("int",), doc="Radius in pixels of the largest cell, from 3 on"),
    Field("diff_thres", 3, ("float",), doc="Intensity by which a seed must exceed its surroundings"),
)
PNR_FIELDS = (
    Field("noise_freq", 0.06, ("float",), doc="Part of the sampling rate from which on there is noise only"),
    Field(
        "thres", 1, ("float", "str"), ("auto",), doc="Least peak-to-noise ratio, or auto: a mixture of two gaussians"
    ),
)
KS_FIELDS = (Field("sig", 0.05, ("float",), doc="Significance of the Kolmogorov-Smirnov test against a normal"),)
MERGE_FIELDS = (
    Field("thres_dist", 10, ("float",), doc="Distance in pixels within which seeds may be one cell"),
    Field("thres_corr", 0.8, ("float",), doc="Correlation above which they are"),
    Field("noise_freq", 0.06, ("float",), doc="Traces are low-passed at this part of the sampling rate before"),
)
_INIT_KEYS = tuple(field.name for field in INIT_FIELDS)


class Seeds:
    """Seeds for several parameters."""

    name, title = "seeds", "Seeds"
    about = (
        "Finds local maxima in projections over windows of the movie, and keeps those that look like cells. "
        "White seeds are kept, red ones rejected. Click a seed to see its trace."
    )
    wants = frozenset({"movie"})

    @property
    def sections(self) -> tuple[Section, ...]:
        """Four dictionaries; each refinement can be left out."""
        return (
            Section(INIT, "Initial seeds", {"": INIT_FIELDS}, "", python_init),
            Section(PNR, "Peak to noise", {ON: PNR_FIELDS, OFF: ()}, ON, _python_refine),
            Section(KS, "Kolmogorov-Smirnov test", {ON: KS_FIELDS, OFF: ()}, ON, _python_refine),
            Section(MERGE, "Merge", {ON: MERGE_FIELDS, OFF: ()}, ON, _python_refine),
        )

    def starts(self, _source: Source) -> list[str]:
        """Nothing to choose."""
        return []

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Give the table of seeds, the max projection, and the traces of the seeds of each combination."""
        movie = source.movie(chosen.movie, MOVIES)
        kinds = {_init(one): one for one in found}
        tables, brightest = initial(source, movie, kinds, parts(tick, 0.0, 0.6))
        places = _places([table for table in tables.values() if isinstance(table, pd.DataFrame)], movie)
        traces = gathered(source, movie, places, parts(tick, 0.6, 0.8))
        for number, one in enumerate(found):
            part = parts(tick, 0.8 + 0.2 * number / len(found), 0.8 + 0.2 * (number + 1) / len(found))
            table = tables[_init(one)]
            if isinstance(table, str):
                yield number, Outcome(one, error=table)
                continue
            yield number, attempt(one, partial(_outcome, movie, one, table, (brightest, places, traces), part))


def _init(one: Combination) -> tuple[Any, ...]:
    return tuple(one[INIT][name] for name in _INIT_KEYS)


def python_init(_method: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters of the initial seeds without that of the other method."""
    unused = "nchunk" if values.get("method") == "rolling" else "stp_size"
    return {name: value for name, value in values.items() if name != unused}


def _python_refine(method: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return values if method == ON else None


def initial(
    source: Source, movie: Movie, kinds: Mapping[tuple[Any, ...], Combination], tick: Tick
) -> tuple[dict[tuple[Any, ...], pd.DataFrame | str], np.ndarray]:
    """Give the table of initial seeds for each kind, or why there is none, and the max projection over all frames."""
    tables: dict[tuple[Any, ...], pd.DataFrame | str] = {}
    windows: dict[tuple[Any, ...], list[np.ndarray]] = {}
    for kind, one in kinds.items():
        try:
            windows[kind] = _windows(movie.n_frames, one[INIT])
        except BadRequest as error:
            tables[kind] = str(error)
    members = [np.arange(movie.n_frames), *(window for one in windows.values() for window in one)]
    shape = movie.height, movie.width
    images = projections(members, source.blocks(movie, parts(tick, 0.0, 0.6)), shape)
    first = 1
    for done, (kind, members_of) in enumerate(windows.items()):
        mine, first = images[first : first + len(members_of)], first + len(members_of)
        part = parts(tick, 0.6 + 0.4 * done / len(windows), 0.6 + 0.4 * (done + 1) / len(windows))
        try:
            tables[kind] = seeds_of(mine, kinds[kind][INIT]["max_wnd"], kinds[kind][INIT]["diff_thres"], part)
        except BadRequest as error:
            tables[kind] = str(error)
    if all(isinstance(table, str) for table in tables.values()):
        raise BadRequest("; ".join(dict.fromkeys(map(str, tables.values()))))
    return tables, images[0]


def _windows(frames: int, values: Mapping[str, Any]) -> list[np.ndarray]:
    if values["method"] == "random":
        return random_windows(frames, values["wnd_size"], values["nchunk"])
    return [np.arange(*window) for window in rolling_windows(frames, values["wnd_size"], values["stp_size"])]


def _places(tables: Sequence[pd.DataFrame], movie: Movie) -> np.ndarray:
    flat = [table["height"].to_numpy() * movie.width + table["width"].to_numpy() for table in tables]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *flat])).astype(np.int64)


def gathered(source: Source, movie: Movie, places: np.ndarray, tick: Tick) -> np.ndarray:
    """Give the traces `(pixels, frame)` float32 of pixels by their flat position."""
    traces = np.empty((places.size, movie.n_frames), np.float32)
    for frames, block in source.blocks(movie, tick):
        traces[:, frames] = block.reshape(len(block), -1)[:, places].T
    return traces


def _outcome(
    movie: Movie,
    one: Combination,
    table: pd.DataFrame,
    seen: tuple[np.ndarray, np.ndarray, np.ndarray],
    tick: Tick,
) -> Outcome:
    brightest, places, everything = seen
    rows = np.searchsorted(places, table["height"].to_numpy() * movie.width + table["width"].to_numpy())
    traces = everything[rows].astype(np.float64)
    refined, facts = refine(one, table, traces, brightest, tick)
    refined["height"] = movie.heights[table["height"]]
    refined["width"] = movie.widths[table["width"]]
    seeds = np.arange(len(table))
    renamed = {"height": "seed_height", "width": "seed_width"}
    arrays = {
        renamed.get(str(name), str(name)): xr.DataArray(np.asarray(column, np.float64), {"seed": seeds}, ["seed"])
        for name, column in refined.items()
    }
    plane = {"height": movie.heights, "width": movie.widths}
    arrays["max_proj"] = xr.DataArray(brightest, plane, ["height", "width"])
    arrays["traces"] = xr.DataArray(everything[rows], {"seed": seeds, "frame": movie.frames}, ["seed", "frame"])
    return Outcome(one, arrays, tuple(facts))


def refine(
    one: Combination, table: pd.DataFrame, traces: np.ndarray, brightest: np.ndarray, tick: Tick
) -> tuple[pd.DataFrame, list[str]]:
    """Add what the refinements say to a table of seeds, and lines that count; `mask` is what is left in the end."""
    result = table.copy()
    left = np.ones(len(table), bool)
    facts = [f"{len(table)} seeds"]
    if one[PNR].get("method") == ON and len(table):
        result["pnr"] = peak_to_noise(traces, one[PNR]["noise_freq"])
        result["mask_pnr"] = pnr_mask(result["pnr"].to_numpy(), one[PNR]["thres"])
        left &= result["mask_pnr"].to_numpy()
        facts.append(f"{int(result['mask_pnr'].sum())} by peak to noise")
    tick(0.4)
    if one[KS].get("method") == ON and len(table):
        result["ks"] = ks_values(traces)
        result["mask_ks"] = ks_mask(result["ks"].to_numpy(), one[KS]["sig"])
        left &= result["mask_ks"].to_numpy()
        facts.append(f"{int(result['mask_ks'].sum())} by KS test")
    tick(0.8)
    if one[MERGE].get("method") == ON and len(table):
        values = {name: value for name, value in one[MERGE].items() if name != "method"}
        inside = table[left]
        bright = brightest[inside["height"], inside["width"]]
        merged = merge_mask(inside[["height", "width"]].to_numpy(), traces[left], bright, **values)
        mask = np.zeros(len(table), bool)
        mask[np.flatnonzero(left)[merged]] = True
        result["mask_mrg"], left = mask, mask
        facts.append(f"{int(mask.sum())} after merging")
    result["mask"] = left
    return result, facts
