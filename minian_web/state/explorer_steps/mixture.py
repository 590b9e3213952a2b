"""The mixture of gaussians that tells real peak-to-noise ratios from noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Combination, Field, Section
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.refinement import above_mixture, mixture, mixture_threshold, peak_to_noise
from minian_web.state.explorer_steps.base import Chosen, Numbered, Tick, attempt, parts
from minian_web.state.explorer_steps.seeds import INIT, INIT_FIELDS, MOVIES, PNR, gathered, initial, python_init
from minian_web.store.pipeline_source import Source

FITTED = (
    Field("noise_freq", 0.06, ("float",), doc="Part of the sampling rate from which on there is noise only"),
    Field("bins", 50, ("int",), doc="Bins of the histogram"),
    Field("components", 2, ("int",), doc="Gaussians; the pipeline takes two"),
)


class Mixture:
    """Peak-to-noise ratios of seeds, and the gaussians fitted to them."""

    name, title = "mixture", "Mixture fit"
    about = (
        "Shows the peak-to-noise ratios of the initial seeds with the gaussians that the threshold “auto” is taken "
        "from: seeds above it belong to the component of the larger mean."
    )
    wants = frozenset({"movie"})

    @property
    def sections(self) -> tuple[Section, ...]:
        """Initial seeds, and the fit."""
        return (
            Section(PNR, "Mixture", {"": FITTED}, "", _python),
            Section(INIT, "Initial seeds", {"": INIT_FIELDS}, "", python_init),
        )

    def starts(self, _source: Source) -> list[str]:
        """Nothing to choose."""
        return []

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Give the ratios of each combination, and the mixture as means, deviations and weights."""
        movie = source.movie(chosen.movie, MOVIES)
        kinds = {tuple(one[INIT].values()): one for one in found}
        tables, _ = initial(source, movie, kinds, parts(tick, 0.0, 0.6))
        traces: dict[tuple[Any, ...], np.ndarray] = {}
        for number, one in enumerate(found):
            kind = tuple(one[INIT].values())
            table = tables[kind]
            if isinstance(table, str):
                yield number, Outcome(one, error=table)
                continue
            if kind not in traces:
                flat = table["height"].to_numpy() * movie.width + table["width"].to_numpy()
                traces[kind] = gathered(source, movie, flat, parts(tick, 0.6, 1.0))
            yield number, attempt(one, partial(_outcome, one, traces[kind]))


def _python(_method: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"noise_freq": values["noise_freq"], "thres": "auto"}


def _outcome(one: Combination, traces: np.ndarray) -> Outcome:
    values = one[PNR]
    if values["bins"] < 1 or values["bins"] > 10_000:
        raise BadRequest(f"bins must be from 1 to 10000, not {values['bins']}")
    if not 1 <= values["components"] <= 10:
        raise BadRequest(f"components must be from 1 to 10, not {values['components']}")
    ratios = peak_to_noise(traces, values["noise_freq"])
    fitted = mixture(ratios, values["components"])
    above = int(above_mixture(ratios, fitted).sum())
    deviations = np.sqrt(fitted.covariances_.reshape(-1))
    columns = {"mean": fitted.means_.reshape(-1), "deviation": deviations, "weight": fitted.weights_}
    arrays = {name: xr.DataArray(np.asarray(column), dims=["component"]) for name, column in columns.items()}
    arrays["pnr"] = xr.DataArray(ratios, dims=["seed"])
    threshold = mixture_threshold(ratios, fitted)
    facts = (f"{len(ratios)} seeds", f"threshold {threshold:.3g}", f"{above} above it")
    arrays["threshold"] = xr.DataArray(np.array([threshold]), dims=["one"])
    return Outcome(one, arrays, facts)
