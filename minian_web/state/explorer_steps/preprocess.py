"""Preprocessing of a frame: glow, denoising, background, and what a laboratory adds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest, MinianWebError
from minian_web.model.pipeline.forms import Combination, Field, Section, fields_of
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.preprocess import BACKGROUND, DENOISE, noise_figure, without_glow
from minian_web.state.explorer_steps.base import Chosen, Numbered, Tick, attempt, parts
from minian_web.store.movies import Movie
from minian_web.store.pipeline_source import Source

_log = logging.getLogger(__name__)
GLOW, DENOISING, REMOVAL, OWN = "glow", "param_denoise", "param_background_removal", "own"
MINIMUM, OFF = "minus minimum", "none"
GROUP = "minian_web.steps"
MOVIES = ("varr", "varr_ref", "Y_fm_chk")
Filter = Callable[..., np.ndarray]


@cache
def own_steps() -> dict[str, Filter]:
    """Functions of laboratories, by name: entry points of the group `minian_web.steps`.

    Each takes a frame `(height, width)` and parameters with defaults, and gives a frame of the same size.
    """
    found: dict[str, Filter] = {}
    for one in entry_points(group=GROUP):
        try:
            found[one.name] = one.load()
        except (ImportError, AttributeError) as error:
            _log.warning("the step %s of %s cannot be loaded: %s", one.name, one.value, error)
    return found


class Preprocess:
    """A frame before and after preprocessing."""

    name, title = "preprocess", "Preprocess"
    about = "Shows one frame before and after glow removal, denoising and background removal, in this order."
    wants = frozenset({"movie", "frame"})

    def __init__(self, own: Mapping[str, Filter] | None = None) -> None:
        self._own = dict(own_steps() if own is None else own)
        self._glow: dict[tuple[str, str], np.ndarray] = {}

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Glow, denoising, background, and own steps where there are any."""
        own = {OFF: (), **{name: fields_of(one) for name, one in self._own.items()}}
        found = [
            Section(GLOW, "Glow removal", {MINIMUM: (), OFF: ()}, MINIMUM, lambda _method, _values: None),
            Section(DENOISING, "Denoise", {**_fields(DENOISE), OFF: ()}, "median", _python_denoise),
            Section(REMOVAL, "Background removal", {**_fields(BACKGROUND), OFF: ()}, "tophat", _python_removal),
        ]
        return (*found, *([Section(OWN, "Own step", own, OFF, lambda _method, _values: None)] if self._own else []))

    def starts(self, _source: Source) -> list[str]:
        """Nothing to choose."""
        return []

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Give the frame before and after for each combination."""
        movie = source.movie(chosen.movie, MOVIES)
        if not 0 <= chosen.position < movie.n_frames:
            raise BadRequest(f"{movie.name} has the frames 0 to {movie.n_frames - 1}, not {chosen.position}")
        frame = movie.read(chosen.position)
        wants_glow = any(one[GLOW].get("method") == MINIMUM for one in found)
        glow = self._minimum(source, movie, parts(tick, 0.0, 0.9)) if wants_glow else None
        for number, one in enumerate(found):
            tick(0.9 + 0.1 * number / len(found))
            yield number, attempt(one, partial(self._outcome, movie, frame, glow, one))

    def _minimum(self, source: Source, movie: Movie, tick: Tick) -> np.ndarray:
        if movie.identity not in self._glow:
            least: np.ndarray | None = None
            for _, block in source.blocks(movie, tick):
                lowest = block.min(axis=0)
                least = lowest if least is None else np.minimum(least, lowest)
            if least is None:
                raise BadRequest(f"{movie.name} has no frames")
            self._glow[movie.identity] = least
        return self._glow[movie.identity]

    def _outcome(self, movie: Movie, frame: np.ndarray, glow: np.ndarray | None, one: Combination) -> Outcome:
        after = self.applied(frame, glow, one)
        place = {"height": movie.heights, "width": movie.widths}
        before_noise, after_noise = noise_figure(frame), noise_figure(after)
        facts = (f"noise {before_noise:.3g} → {after_noise:.3g}", f"range {after.min():.4g} to {after.max():.4g}")
        arrays = {n: xr.DataArray(v, place, ["height", "width"]) for n, v in (("before", frame), ("after", after))}
        return Outcome(one, arrays, facts)

    def applied(self, frame: np.ndarray, glow: np.ndarray | None, one: Combination) -> np.ndarray:
        """Give the frame after the chain of one combination."""
        result = frame if one[GLOW].get("method", OFF) == OFF else without_glow(frame, glow)
        chain = ((DENOISING, DENOISE), (REMOVAL, BACKGROUND), (OWN, self._own))
        for section, known in chain:
            values = dict(one.get(section, {}))
            method = values.pop("method", OFF)
            if method != OFF:
                result = _checked(known[method], method, result, values)
        return result


def _checked(function: Filter, name: str, frame: np.ndarray, values: dict[str, Any]) -> np.ndarray:
    try:
        result = np.asarray(function(frame, **values))
    except MinianWebError:
        raise
    except Exception as error:  # a laboratory's own function, or cv2: whatever it raises belongs to this combination
        raise BadRequest(f"{name}: {type(error).__name__}: {error}") from error
    if result.shape != frame.shape:
        raise BadRequest(f"{name} made {result.shape} of a frame of {frame.shape}")
    return result


def _fields(known: Mapping[str, Filter]) -> dict[str, tuple[Field, ...]]:
    return {name: fields_of(one) for name, one in known.items()}


def _python_denoise(method: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if method == OFF:
        return None
    given = dict(values)
    if method == "gaussian":
        given["ksize"] = (given["ksize"], given["ksize"])
    return {"method": method, **given}


def _python_removal(method: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return None if method == OFF else {"method": method, **values}
