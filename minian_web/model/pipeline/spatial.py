"""Spatial update: which pixels belong to a unit, for all penalties at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.pipeline.morphology import disk

ROUNDING = 1e-12  # a footprint's value below is what rounding left of 0
MOST_STEPS = 500  # of the path of one pixel, as scikit-learn's LassoLars
_REPORT = 200  # pixels between two reports of progress
Size = tuple[float | None, float | None]


@dataclass(frozen=True, eq=False)
class Problem:
    """What the update of some units needs to know of the movie; the movie itself is no more needed.

    Attributes
    ----------
    candidates
        `(n, height, width)` bool: pixels that may belong to a unit.
    pixels
        `(k,)` flat positions of the pixels that may belong to any.
    gram
        `(n, n)` products of the centred traces.
    products
        `(n, k)` products of the centred traces with the pixels' traces.
    frames
        Number of frames.
    """

    candidates: np.ndarray
    pixels: np.ndarray
    gram: np.ndarray
    products: np.ndarray
    frames: int


def dilated(footprints: np.ndarray, dl_wnd: int) -> np.ndarray:
    """Pixels `(n, height, width)` bool that may belong to each unit: its footprint dilated by a disk of this radius."""
    import cv2  # of use to jobs only, and not small

    if int(dl_wnd) != dl_wnd or dl_wnd < 0:
        raise BadRequest(f"dl_wnd must be a whole number of pixels from 0 on, not {dl_wnd}")
    kernel = disk(int(dl_wnd))
    return np.stack([cv2.dilate(np.asarray(one, np.float64), kernel) > 0 for one in footprints])


def problem(traces: np.ndarray, candidates: np.ndarray, blocks: Iterable[tuple[slice, np.ndarray]]) -> Problem:
    """Reduce a movie to what the update needs.

    Parameters
    ----------
    traces
        `(n, T)` calcium of the units.
    candidates
        `(n, height, width)` bool, see `dilated`.
    blocks
        Parts of the movie: which frames, and `(frames, height, width)`.
    """
    if not len(traces):
        raise BadRequest("no unit was chosen")
    centred = np.asarray(traces, np.float64)
    centred = centred - centred.mean(axis=1, keepdims=True)
    pixels = np.flatnonzero(candidates.any(axis=0))
    products = np.zeros((len(centred), pixels.size))
    for frames, block in blocks:
        products += centred[:, frames] @ block.reshape(len(block), -1)[:, pixels].astype(np.float64)
    return Problem(candidates, pixels, centred @ centred.T, products, centred.shape[1])


def update_spatial(
    posed: Problem,
    sn: np.ndarray,
    sparse_penals: Sequence[float],
    tick: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Footprints of the units for several penalties.

    For each pixel a lasso with non-negative coefficients and an intercept, of the pixel's trace on the traces of the
    units it may belong to, with alpha = sparse_penal * sn: what the pipeline's ``LassoLars(alpha, positive=True)`` of
    scikit-learn gives. One path of LARS serves all penalties. (Where traces are correlated, LARS with the positive
    constraint may stop before the optimum of the lasso; so does the pipeline, and what is seen here is what it does.)

    Parameters
    ----------
    posed
        See `problem`.
    sn
        `(height, width)` noise of each pixel.
    sparse_penals
        Penalties, from 0 on.
    tick
        Called with the part done, 0..1; may raise to stop the work.

    Returns
    -------
    numpy.ndarray
        `(penalties, n, height, width)` float64, not normalised.

    Raises
    ------
    BadRequest
        If there is no penalty, or one is negative.
    """
    penalties = np.asarray(sparse_penals, np.float64)
    if not penalties.size or not np.isfinite(penalties).all() or (penalties < 0).any():
        raise BadRequest(f"sparse_penal must be numbers from 0 on, not {penalties.tolist()}")
    units, height, width = posed.candidates.shape
    result = np.zeros((penalties.size, units, height * width))
    may = posed.candidates.reshape(units, -1)[:, posed.pixels]
    alphas = np.outer(penalties, sn.reshape(-1)[posed.pixels])
    alone = may.sum(axis=0) == 1
    result[:, :, posed.pixels[alone]] = _single(posed, may, alphas, alone)
    several = np.flatnonzero(~alone)
    for done, at in enumerate(several.tolist()):
        if tick is not None and done % _REPORT == 0:
            tick(done / several.size)
        mine = np.flatnonzero(may[:, at])
        result[:, mine, posed.pixels[at]] = _path(posed, mine, at, alphas[:, at])
    return result.reshape(penalties.size, units, height, width)


def _single(posed: Problem, may: np.ndarray, alphas: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Pixels of one candidate: the lasso is a soft threshold."""
    power = np.diag(posed.gram)[:, None]
    excess = posed.products[None, :, alone] - alphas[:, None, alone] * posed.frames
    found = np.divide(excess, power, out=np.zeros_like(excess), where=power > 0)
    return np.where(may[None, :, alone], np.maximum(found, 0), 0)


def _path(posed: Problem, mine: np.ndarray, at: int, alphas: np.ndarray) -> np.ndarray:
    """Coefficients `(penalties, units)` of one pixel, read off its path."""
    import sklearn
    from sklearn.linear_model import lars_path_gram

    products = posed.products[mine, at]
    if products.max() / posed.frames <= alphas.min():
        return np.zeros((alphas.size, mine.size))
    with sklearn.config_context(skip_parameter_validation=True):
        knots, _, path = lars_path_gram(
            products.copy(),
            posed.gram[np.ix_(mine, mine)].copy(),
            n_samples=posed.frames,
            max_iter=MOST_STEPS,
            alpha_min=float(alphas.min()),
            method="lasso",
            positive=True,
        )
    return np.stack([np.interp(alphas, knots[::-1], one[::-1], right=0.0) for one in path], axis=1)


def normalised(footprints: np.ndarray, size_thres: Size = (25, None)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop units of unusual size and divide each by its maximum.

    Parameters
    ----------
    footprints
        `(n, height, width)`.
    size_thres
        Areas in pixels that a unit's area must be above, and below; None: no limit.

    Returns
    -------
    kept
        `(n,)` bool.
    footprints
        `(n, height, width)`, each with the maximum 1; what is not kept too, as far as it is not empty.
    factors
        `(n,)` the maxima: the calcium of the unit is multiplied by it.
    """
    low, high = check_sizes(size_thres)
    footprints = np.where(footprints > ROUNDING, footprints, 0)
    areas = (footprints > 0).sum(axis=(1, 2))
    kept = (areas > 0) & (areas > low) & (areas < high)
    factors = footprints.max(axis=(1, 2))
    scale = np.where(factors > 0, factors, 1)
    return kept, footprints / scale[:, None, None], factors


def check_sizes(size_thres: Size) -> tuple[float, float]:
    """Give limits of the area as numbers; `BadRequest` when the lower is not below the upper one."""
    low = -1.0 if size_thres[0] is None else float(size_thres[0])
    high = np.inf if size_thres[1] is None else float(size_thres[1])
    if not low < high:
        raise BadRequest(f"size_thres: the lower limit {low:g} must be below the upper one {high:g}")
    return low, high
