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
    finite = np.asarray(values, np.float64).reshape(-1)
    finite = finite[np.isfinite(finite)]
    if not finite.size or int(bins) < 1:
        raise BadRequest(f"a histogram needs values and at least one bin, not {finite.size} values and {bins} bins")
    means, weights = np.asarray(gmm.means_), np.asarray(gmm.weights_)
    if means.shape[1] != 1:
        raise BadRequest(f"the mixture has {means.shape[1]} dimensions, but one can be shown")
    heights, edges = np.histogram(finite, bins=int(bins), density=True)
    ground = hv.Histogram((edges, heights), kdims=["value"], vdims=["density"]).opts(
        fill_color="#9aa9b5", line_color="#9aa9b5", width=640, height=320, alpha=0.6, backend="bokeh"
    )
    at = np.linspace(edges[0], edges[-1], POINTS)
    curves = []
    for number, color in enumerate(distinct_colors(len(weights))):
        width = _deviation(gmm, number)
        density = weights[number] * norm.pdf(at, means[number, 0], width)
        label = f"mean {means[number, 0]:.3g}, sd {width:.3g}, weight {weights[number]:.2f}"
        curve = hv.Curve((at, density), "value", "density", label=label)
        curves.append(curve.opts(color=color, line_width=2, backend="bokeh"))
    return hv.Overlay([ground, *curves]).opts(legend_position="top_right", backend="bokeh")


def _deviation(gmm: GaussianMixture, number: int) -> float:
    covariances = np.asarray(gmm.covariances_)
    kind = gmm.covariance_type
    one = covariances if kind == "tied" else covariances[number]
    return float(np.sqrt(np.asarray(one).reshape(-1)[0]))
