"""Which seeds are cells: peak-to-noise ratio, Kolmogorov-Smirnov test, merging of seeds of one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, stats
from scipy.spatial import cKDTree

from minian_web.errors import BadRequest
from minian_web.model.pipeline.smoothing import high_pass, low_pass

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

PERCENTILES = (0.1, 99.9)


def peak_to_noise(traces: np.ndarray, noise_freq: float = 0.06) -> np.ndarray:
    """PNR `(n,)`: span (0.1 to 99.9 percentile) of traces `(n, T)` over the span of their high-pass.

    A constant trace, which has neither, gets 0.
    """
    values = np.asarray(traces, np.float64)
    spans, rest = _span(values), _span(high_pass(values, noise_freq))
    return np.divide(spans, rest, out=np.zeros_like(spans), where=rest > 0)


def _span(traces: np.ndarray) -> np.ndarray:
    low, high = np.percentile(traces, PERCENTILES, axis=-1)
    return np.asarray(high - low)


def mixture(values: np.ndarray, components: int = 2) -> GaussianMixture:
    """Fit a mixture of gaussians to values `(n,)`; `BadRequest` when there are fewer distinct values than components.

    The start is fixed, so that the same values give the same mixture.
    """
    from sklearn.mixture import GaussianMixture  # a job's import: it takes half a second

    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if len(np.unique(finite)) < components:
        raise BadRequest(f"{len(np.unique(finite))} distinct values are too few for {components} gaussians")
    return GaussianMixture(n_components=components, random_state=0).fit(finite.reshape(-1, 1))


def above_mixture(values: np.ndarray, fitted: GaussianMixture) -> np.ndarray:
    """Give which values `(n,)` belong to the component of the largest mean."""
    return np.asarray(fitted.predict(np.asarray(values).reshape(-1, 1)) == int(np.argmax(fitted.means_.reshape(-1))))


def mixture_threshold(values: np.ndarray, fitted: GaussianMixture) -> float:
    """Give the least value from which on values belong to the component of the largest mean; NaN if none does."""
    grid = np.linspace(np.min(values), np.max(values), 2001)
    above = above_mixture(grid, fitted)
    below = np.flatnonzero(~above)
    if not above[-1]:
        return float("nan")
    return float(grid[below[-1] + 1]) if below.size else float(grid[0])


def pnr_mask(ratios: np.ndarray, thres: float | str = 1.0) -> np.ndarray:
    """Seeds `(n,)` bool that are kept: ratio above `thres`, or by a mixture of two gaussians for "auto"."""
    if thres == "auto":
        return above_mixture(ratios, mixture(ratios))
    if isinstance(thres, str) or not np.isfinite(thres):
        raise BadRequest(f'thres must be a number or "auto", not {thres}')
    return np.asarray(ratios) > thres


def ks_values(traces: np.ndarray) -> np.ndarray:
    """Give the p value `(n,)` of a Kolmogorov-Smirnov test of each z-scored trace `(n, T)` against a normal.

    A constant trace gets 1: nothing speaks for activity.
    """
    values = np.asarray(traces, np.float64)
    result = np.ones(len(values))
    for number, trace in enumerate(values):
        if trace.std() > 0:
            result[number] = stats.kstest((trace - trace.mean()) / trace.std(), "norm").pvalue
    return result


def ks_mask(p_values: np.ndarray, sig: float = 0.05) -> np.ndarray:
    """Seeds `(n,)` bool that are kept: p below `sig`."""
    if not 0 < sig <= 1:
        raise BadRequest(f"sig must be above 0 and at most 1, not {sig:g}")
    return np.asarray(p_values) < sig


def merge_mask(
    places: np.ndarray,
    traces: np.ndarray,
    brightness: np.ndarray,
    *,
    thres_dist: float = 10,
    thres_corr: float = 0.8,
    noise_freq: float = 0.06,
) -> np.ndarray:
    """Seeds `(n,)` bool that are kept when seeds of one cell are merged.

    Parameters
    ----------
    places
        `(n, 2)` height and width in pixels.
    traces
        `(n, T)`.
    brightness
        `(n,)` max projection at the seeds: the brightest of a group is kept.
    thres_dist, thres_corr
        Seeds closer than `thres_dist` pixels whose low-passed traces correlate above `thres_corr` belong together,
        transitively.
    """
    if not thres_dist > 0 or not -1 <= thres_corr <= 1:
        raise BadRequest(
            f"thres_dist must be above 0 and thres_corr between -1 and 1, not {thres_dist:g} and {thres_corr:g}"
        )
    count = len(places)
    if not count:
        return np.zeros(0, bool)
    pairs = cKDTree(np.asarray(places, float)).query_pairs(thres_dist, output_type="ndarray")
    smooth = low_pass(traces, noise_freq)
    smooth = smooth - smooth.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(smooth, axis=1)
    smooth = np.divide(smooth, norms[:, None], out=np.zeros_like(smooth), where=norms[:, None] > 0)
    together = pairs[np.einsum("ij,ij->i", smooth[pairs[:, 0]], smooth[pairs[:, 1]]) > thres_corr]
    graph = sparse.coo_matrix((np.ones(len(together)), (together[:, 0], together[:, 1])), (count, count))
    groups = sparse.csgraph.connected_components(graph, directed=False)[1]
    order = np.lexsort((-np.asarray(brightness), groups))
    _, first = np.unique(groups[order], return_index=True)
    kept = np.zeros(count, bool)
    kept[order[first]] = True
    return kept
