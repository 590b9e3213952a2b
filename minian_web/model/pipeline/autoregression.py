"""Calcium as an autoregressive process: s = G c, c[t] = g1 c[t-1] + g2 c[t-2] + ... + s[t]."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lstsq, toeplitz
from scipy.signal import lfilter

from minian_web.errors import BadRequest
from minian_web.model.pipeline.smoothing import low_pass, noise

MOST_BYTES = 2**30


def construct_G(g: np.ndarray, T: int) -> np.ndarray:
    """Construct a (de)convolving matrix from AR coefficients.

    Parameters
    ----------
    g
        `(p,)` AR coefficients.
    T
        Number of time samples.

    Returns
    -------
    numpy.ndarray
        `(T, T)` float64, lower banded Toeplitz of (1, -g): `G @ c` gives the spikes; `convolve_G` applies its inverse.

    Raises
    ------
    BadRequest
        If the matrix would take more than 1 GB.
    """
    coefficients = _coefficients(g)
    count = int(T)
    if count * count * 8 > MOST_BYTES:
        raise BadRequest(f"G of {count} x {count} would take more than 1 GB; convolve_G needs no matrix")
    column = np.zeros(count)
    taps = np.concatenate([[1.0], -coefficients])[:count]
    column[: taps.size] = taps
    return toeplitz(column, np.zeros(count))


def convolve_G(s: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Convolve an AR process with a time series, by a recursive filter and without the matrix G.

    Parameters
    ----------
    s
        `(..., T)` spikes.
    g
        `(p,)` AR coefficients.

    Returns
    -------
    numpy.ndarray
        `(..., T)` float64: c with `construct_G(g, T) @ c = s`.
    """
    return lfilter([1.0], np.concatenate([[1.0], -_coefficients(g)]), np.asarray(s, np.float64))


def construct_pulse_response(g: np.ndarray, length: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Construct the calcium response to one spike.

    Parameters
    ----------
    g
        `(p,)` AR coefficients.
    length
        Number of time points.

    Returns
    -------
    s, c
        `(length,)` float64: an impulse at the first point, and the response to it.
    """
    s = np.zeros(int(length))
    s[:1] = 1.0
    return s, convolve_G(s, g)


def _coefficients(g: np.ndarray) -> np.ndarray:
    values = np.asarray(g, np.float64).reshape(-1)
    if not values.size or not np.isfinite(values).all():
        raise BadRequest(f"AR coefficients must be finite numbers, at least one, not {values.tolist()}")
    return values


def check_order(p: int, add_lag: int | str, length: int) -> int:
    """Give the number of lags that are fitted: p + add_lag, or 2p for the word "p".

    Raises
    ------
    BadRequest
        If the order is below 1, or the trace is shorter than the lags.
    """
    if int(p) != p or p < 1:
        raise BadRequest(f"p, the order of the autoregressive process, must be a whole number from 1 on, not {p}")
    if add_lag != "p" and (isinstance(add_lag, str) or int(add_lag) != add_lag or add_lag < 0):
        raise BadRequest(f'add_lag must be a whole number from 0 on, or "p", not {add_lag}')
    lags = 2 * int(p) if add_lag == "p" else int(p) + int(add_lag)
    if lags + 1 > length:
        raise BadRequest(f"p and add_lag ask for {lags} lags, but a trace has only {length} frames")
    return lags


def ar_coefficients(trace: np.ndarray, sn: float, p: int, add_lag: int | str) -> np.ndarray:
    """Fit AR coefficients to the autocovariance of a trace.

    Parameters
    ----------
    trace
        `(T,)`, usually smoothed.
    sn
        Standard deviation of its noise, whose variance is taken off the covariance at lag 0.
    p
        Order.
    add_lag
        Lags used beyond p, or "p" for as many again.

    Returns
    -------
    numpy.ndarray
        `(p,)` float64, least squares of (toeplitz(cov) - sn^2 I) g = cov shifted by one.
    """
    values = np.asarray(trace, np.float64)
    lags = check_order(p, add_lag, values.size)
    covariance = _autocovariance(values, lags + 1)
    matrix = toeplitz(covariance[:lags], covariance[:p]) - sn**2 * np.eye(lags, p)
    return np.asarray(lstsq(matrix, covariance[1 : lags + 1])[0], np.float64)


def _autocovariance(values: np.ndarray, count: int) -> np.ndarray:
    centred = values - values.mean()
    size = values.size
    spectrum = np.fft.rfft(centred, 2 * size)
    return np.fft.irfft(np.abs(spectrum) ** 2, 2 * size)[:count] / size


def smoothed_ar(trace: np.ndarray, noise_freq: float, p: int, add_lag: int | str) -> tuple[np.ndarray, np.ndarray]:
    """Give AR coefficients `(p,)` of the smoothed trace, and that trace `(T,)`, as the pipeline computes them."""
    smooth = low_pass(trace, noise_freq)
    return ar_coefficients(smooth, float(noise(smooth, noise_freq)), p, add_lag), smooth


def decay_root(g: np.ndarray) -> float:
    """Largest real part of the roots of the AR polynomial: what the initial calcium decays with each frame."""
    return float(np.max(np.roots(np.concatenate([[1.0], -_coefficients(g)])).real))
