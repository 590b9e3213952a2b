"""A mixture of gaussians over the histogram of what it was fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import holoviews as hv
import numpy as np
from scipy.stats import norm

from minian_web.errors import BadRequest
from minian_web.view.plots.curves import distinct_colors

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

POINTS = 400


def visualize_gmm_fit(values: np.ndarray, gmm: GaussianMixture, bins: int) -> hv.Overlay:
    """Visualization of the Gaussian mixture model fit.

    Parameters
    ----------
    values
        The raw values to which the mixture is fitted.
    gmm
        The fitted mixture of one-dimensional gaussians.
    bins
        Number of bins of the histogram.

    Returns
    -------
    holoviews.Overlay
        The histogram as a density, and one curve for each gaussian times its weight.

    Raises
    ------
    BadRequest
        If there are no values, less than one bin, or gaussians of more than one dimension.
    """
    means, weights = np.asarray(gmm.means_), np.asarray(gmm.weights_)
    if means.shape[1] != 1:
        raise BadRequest(f"the mixture has {means.shape[1]} dimensions, but one can be shown")
    deviations = np.array([_deviation(gmm, number) for number in range(len(weights))])
    return mixture_curves(values, means[:, 0], deviations, weights, bins)


def mixture_curves(
    values: np.ndarray, means: np.ndarray, deviations: np.ndarray, weights: np.ndarray, bins: int
) -> hv.Overlay:
    """Draw a histogram with gaussians given by their means, deviations and weights `(k,)`; see `visualize_gmm_fit`."""
    finite = np.asarray(values, np.float64).reshape(-1)
    finite = finite[np.isfinite(finite)]
    if not finite.size or int(bins) < 1:
        raise BadRequest(f"a histogram needs values and at least one bin, not {finite.size} values and {bins} bins")
    heights, edges = np.histogram(finite, bins=int(bins), density=True)
    ground = hv.Histogram((edges, heights), kdims=["value"], vdims=["density"]).opts(
        fill_color="#9aa9b5", line_color="#9aa9b5", width=640, height=320, alpha=0.6, backend="bokeh"
    )
    at = np.linspace(edges[0], edges[-1], POINTS)
    curves = []
    for number, color in enumerate(distinct_colors(len(weights))):
        density = weights[number] * norm.pdf(at, means[number], deviations[number])
        label = f"mean {means[number]:.3g}, sd {deviations[number]:.3g}, weight {weights[number]:.2f}"
        curve = hv.Curve((at, density), "value", "density", label=label)
        curves.append(curve.opts(color=color, line_width=2, backend="bokeh"))
    return hv.Overlay([ground, *curves]).opts(legend_position="top_right", fontsize={"legend": 8}, backend="bokeh")


def _deviation(gmm: GaussianMixture, number: int) -> float:
    covariances = np.asarray(gmm.covariances_)
    kind = gmm.covariance_type
    one = covariances if kind == "tied" else covariances[number]
    return float(np.sqrt(np.asarray(one).reshape(-1)[0]))
