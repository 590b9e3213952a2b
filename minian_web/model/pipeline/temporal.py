"""Temporal update: what calcium, what spikes explain a trace, for given penalties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from minian_web.errors import BadRequest
from minian_web.model.pipeline.autoregression import construct_pulse_response, decay_root, smoothed_ar
from minian_web.model.pipeline.smoothing import check_frequency, noise

SMALLEST = 1e-8
NOTHING = 1e-6  # of the mean of the trace


@dataclass(frozen=True, eq=False)
class Fit:
    """What a trace `(T,)` is made of, in the units of the trace.

    Attributes
    ----------
    c, s
        `(T,)` calcium and spikes.
    b, c0
        `(T,)` constant baseline, and decaying initial calcium.
    g
        `(p,)` AR coefficients.
    fitted
        `(T,)` the trace that was fitted: smoothed, or the raw one.
    """

    c: np.ndarray
    s: np.ndarray
    b: np.ndarray
    c0: np.ndarray
    g: np.ndarray
    fitted: np.ndarray

    @property
    def signal(self) -> np.ndarray:
        """`(T,)`: c + b + c0."""
        return self.c + self.b + self.c0

    @property
    def empty(self) -> bool:
        """Whether nothing is left of the calcium but what a solver leaves of 0: the pipeline drops such a unit."""
        return bool(self.c.max() <= NOTHING * np.abs(self.fitted).mean())


def update_temporal(
    trace: np.ndarray,
    *,
    noise_freq: float = 0.06,
    sparse_penal: float = 1.0,
    p: int = 1,
    add_lag: int | str = 20,
    smooth: bool = True,
    scale: float | None = None,
) -> Fit:
    """Deconvolve the trace of one unit, as the pipeline's temporal update.

    Minimises ``||y - c - b - c0 d||_2 + sparse_penal * sn * ||G c||_1`` with G c >= 0, b >= min y, c0 >= 0, where y is
    the trace scaled to mean 1, sn its noise above `noise_freq`, and d the decay of the AR process; values up to 1e-8
    become 0. The norm is not squared.

    Parameters
    ----------
    trace
        `(T,)` YrA of the unit, arbitrary units.
    noise_freq
        Part of the sampling rate (0..0.5) from which on there is noise only.
    sparse_penal
        Weight of the spikes, from 0 on.
    p, add_lag
        Order of the AR process, and lags beyond p that are fitted.
    smooth
        True fits the smoothed trace, which is what the pipeline really does; False fits the trace itself.
    scale
        Mean that the trace is divided by; its own when not given. The pipeline takes the mean over overlapping units.

    Returns
    -------
    Fit

    Raises
    ------
    BadRequest
        If a value cannot be used, or the trace has no mean to be scaled by, or the fit has no solution.
    """
    values = check_trace(trace)
    check_frequency(noise_freq)
    if not np.isfinite(sparse_penal) or sparse_penal < 0:
        raise BadRequest(f"sparse_penal must be a number from 0 on, not {sparse_penal:g}")
    mean = float(values.mean()) if scale is None else float(scale)
    if not mean > 0:
        raise BadRequest(f"the trace has the mean {mean:g} and cannot be scaled to 1")
    scaled = values / mean
    sn = float(noise(scaled, noise_freq))
    g, smoothed = smoothed_ar(scaled, noise_freq, p, add_lag)
    target = smoothed if smooth else scaled
    c, s, b, c0 = deconvolve(target, g, sparse_penal * sn)
    return Fit(c * mean, s * mean, b * mean, c0 * mean, g, target * mean)


def check_trace(trace: np.ndarray) -> np.ndarray:
    """Give a trace as float64; `BadRequest` when it is no finite `(T,)` of at least 4 frames."""
    values = np.asarray(trace, np.float64)
    if values.ndim != 1 or values.size < 4:
        raise BadRequest(f"a trace needs at least 4 frames, not the shape {values.shape}")
    if not np.isfinite(values).all():
        raise BadRequest("the trace holds values that are no numbers (NaN or infinite)")
    return values


def deconvolve(y: np.ndarray, g: np.ndarray, weight: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Solve the convex problem of `update_temporal` for one trace, by the interior-point solver Clarabel.

    Parameters
    ----------
    y
        `(T,)` trace of mean about 1.
    g
        `(p,)` AR coefficients.
    weight
        Penalty on the sum of the spikes.

    Returns
    -------
    c, s, b, c0
        `(T,)` each, in units of y.
    """
    with np.errstate(over="ignore"):
        decay = decay_root(g) ** np.arange(y.size)
    if not np.isfinite(decay).all() or np.abs(decay).max() > 1 / SMALLEST:
        raise BadRequest(f"the AR coefficients {np.round(g, 4).tolist()} describe a process that grows without end")
    # from the norm of the response to a spike on, no spike pays; more would only be hard on the solver
    enough = 1.01 * float(np.linalg.norm(construct_pulse_response(g, y.size)[1]))
    x = _solve(y, g, decay, min(weight, enough))
    c, b, c0 = x[: y.size], x[y.size], x[y.size + 1]
    spikes = np.convolve(c, np.concatenate([[1.0], -g]))[: y.size]
    baseline = np.full(y.size, b)
    return _clean(c), _clean(spikes), _clean(baseline), _clean(c0 * decay)


def _clean(values: np.ndarray) -> np.ndarray:
    return np.where(values > SMALLEST, values, 0.0)


def _solve(y: np.ndarray, g: np.ndarray, decay: np.ndarray, weight: float) -> np.ndarray:
    """Variables c (T), b, c0 and the norm t: minimise t + weight * sum(G c)."""
    import clarabel  # of use to this step only, and not small

    count = y.size
    taps = np.concatenate([[1.0], -g])[:count]
    band = sparse.diags_array(
        [np.full(count - lag, tap) for lag, tap in enumerate(taps)], offsets=[-lag for lag in range(taps.size)]
    )
    # rows: -G c <= 0, -b <= -min y, -c0 <= 0, then the cone (t, y - c - b - c0 d)
    positive = sparse.block_array(
        [[-band, None, None], [None, sparse.csr_array(np.diag([-1.0, -1.0])), sparse.csr_array((2, 1))]]
    )
    ones = sparse.csr_array(np.column_stack([np.ones(count), decay]))
    cone = sparse.block_array(
        [[sparse.csr_array((1, count)), None, sparse.csr_array([[-1.0]])], [sparse.eye_array(count), ones, None]]
    )
    rows = sparse.csc_matrix(sparse.vstack([positive, cone]))
    bounds = np.concatenate([np.zeros(count), [-y.min(), 0.0], [0.0], y])
    cost = np.concatenate([weight * (band.T @ np.ones(count)), [0.0, 0.0, 1.0]])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    cones = [clarabel.NonnegativeConeT(count + 2), clarabel.SecondOrderConeT(count + 1)]
    quadratic = sparse.csc_matrix((count + 3, count + 3))
    solution = clarabel.DefaultSolver(quadratic, cost, rows, bounds, cones, settings).solve()
    if str(solution.status) not in ("Solved", "AlmostSolved"):
        raise BadRequest(f"the fit of this trace has no solution ({solution.status})")
    return np.asarray(solution.x)


def group_scales(traces: np.ndarray, footprints: np.ndarray, jac_thres: float) -> np.ndarray:
    """Give the mean that each unit's trace is divided by: over the units that overlap.

    Parameters
    ----------
    traces
        `(n, T)` YrA.
    footprints
        `(n, pixels)`; units whose Jaccard index of pixels is above `jac_thres` belong together, transitively.

    Returns
    -------
    numpy.ndarray
        `(n,)` float64.
    """
    if not 0 <= jac_thres <= 1:
        raise BadRequest(f"jac_thres must be between 0 and 1, not {jac_thres:g}")
    groups = overlapping(footprints, jac_thres)
    means = np.asarray(traces, np.float64).mean(axis=1)
    return np.array([means[groups == group].mean() for group in groups])


def overlapping(footprints: np.ndarray, jac_thres: float) -> np.ndarray:
    """Number the groups `(n,)` of units whose footprints `(n, pixels)` overlap by more than a Jaccard index."""
    inside = (np.asarray(footprints) > 0).astype(np.float32)
    both = inside @ inside.T
    areas = np.diag(both)
    union = areas[:, None] + areas[None, :] - both
    index = np.divide(both, union, out=np.zeros_like(both), where=union > 0)
    return np.asarray(sparse.csgraph.connected_components(sparse.csr_matrix(index > jac_thres), directed=False)[1])


def residual_traces(
    movie_by_units: np.ndarray, background_by_units: np.ndarray, f: np.ndarray, cross: np.ndarray, c: np.ndarray
) -> np.ndarray:
    """YrA: the trace of each unit in the movie without background and without what other units spill into it.

    ``YrA = clip((Y - b f) A^T N - (C^T A A^T N) + C, 0)`` with N = diag(1 / sum A^2). Only these units take part.

    Parameters
    ----------
    movie_by_units
        `(T, n)` Y A^T, summed over pixels.
    background_by_units
        `(n,)` A b.
    f
        `(T,)` temporal background.
    cross
        `(n, n)` A A^T.
    c
        `(n, T)` calcium.

    Returns
    -------
    numpy.ndarray
        `(n, T)` float64.

    Raises
    ------
    BadRequest
        If a footprint is empty, naming its position.
    """
    norms = np.diag(cross)
    if (norms <= 0).any():
        raise BadRequest(f"the footprint at position {int(np.argmax(norms <= 0))} is empty")
    projected = (movie_by_units - np.outer(f, background_by_units)) / norms
    return np.clip(projected.T - (c.T @ cross / norms).T + c, 0, None)
