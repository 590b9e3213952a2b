"""Smooth traces, their high-frequency rest, and how noisy they are; frequencies are parts of the sampling rate."""

from __future__ import annotations

import numpy as np

from minian_web.errors import BadRequest

NYQUIST = 0.5


def check_frequency(freq: float, what: str = "noise_freq") -> float:
    """Give a frequency that lies between 0 and 0.5 of the sampling rate; `BadRequest` for any other."""
    if not 0 < freq <= NYQUIST:
        raise BadRequest(f"{what} must be above 0 and at most 0.5 of the sampling rate, not {freq:g}")
    return float(freq)


def low_pass(traces: np.ndarray, freq: float) -> np.ndarray:
    """Traces without their fast parts.

    Parameters
    ----------
    traces
        `(..., T)`.
    freq
        Part of the sampling rate from which on the bins of the Fourier transform are set to zero.

    Returns
    -------
    numpy.ndarray
        `(..., T)` float64.
    """
    values, spectrum, cut = _spectrum(traces, freq)
    spectrum[..., cut:] = 0
    return np.fft.irfft(spectrum, values.shape[-1])


def high_pass(traces: np.ndarray, freq: float) -> np.ndarray:
    """Traces without what is slower than `freq`; `low_pass` and `high_pass` sum to the traces."""
    values, spectrum, cut = _spectrum(traces, freq)
    spectrum[..., :cut] = 0
    return np.fft.irfft(spectrum, values.shape[-1])


def _spectrum(traces: np.ndarray, freq: float) -> tuple[np.ndarray, np.ndarray, int]:
    values = np.asarray(traces, np.float64)
    return values, np.fft.rfft(values), int(check_frequency(freq) * values.shape[-1])


def noise(traces: np.ndarray, low: float, high: float = 1.0) -> np.ndarray:
    """Standard deviation of the noise, from the power in a band of frequencies.

    Parameters
    ----------
    traces
        `(..., T)`; for float32 the logarithm is guarded by the rounding of float32, as the pipeline does.
    low, high
        Band as parts of the sampling rate; there is nothing above 0.5, so 1 means everything from `low` on.

    Returns
    -------
    numpy.ndarray
        `(...)` float64: the square root of the geometric mean of the power in the band.

    Raises
    ------
    BadRequest
        If the band holds no bin.
    """
    values = np.asarray(traces, np.float64)
    eps = np.finfo(np.float32 if np.asarray(traces).dtype == np.float32 else np.float64).eps
    length = values.shape[-1]
    first, last = int(np.around(low * length)), int(np.around(high * length))
    power = np.abs(np.fft.rfft(values)[..., first:last]) ** 2 / length
    if not power.shape[-1]:
        raise BadRequest(f"a trace of {length} frames has no frequencies between {low:g} and {high:g}")
    return np.sqrt(np.exp(np.mean(np.log(power + eps), axis=-1)))
