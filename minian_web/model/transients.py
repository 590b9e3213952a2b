"""Calcium transients of a unit, and the noise of its trace."""

from __future__ import annotations

import numpy as np

BAND = (0.25, 0.5)  # of the sampling frequency: above what calcium does
EVENT_PART = 0.1  # of the largest spike: what is below is left over from the deconvolution


def noise_levels(traces: np.ndarray, band: tuple[float, float] = BAND) -> np.ndarray:
    """Noise of traces: the geometric mean of their power in a band of high frequencies, as an amplitude.

    With P = abs(rfft)^2 / T over the bins round(f0 T) to round(f1 T), it is sqrt(exp(mean(log P))), as the pipeline
    computes it (docs/guide.md, "Metrics").

    Parameters
    ----------
    traces
        `(n, T)`; frames that are NaN in a trace are left out.
    band
        Lower and upper edge as fractions of the sampling frequency.

    Returns
    -------
    numpy.ndarray
        `(n,)` float64 in the units of the trace; NaN for a trace that is too short.
    """
    if np.isfinite(traces).all():
        return _noise(np.asarray(traces, np.float64), band)
    rows = (np.asarray(trace, np.float64)[np.isfinite(trace)] for trace in traces)
    return np.array([_noise(row[None], band)[0] for row in rows], np.float64).reshape(len(traces))


def _noise(traces: np.ndarray, band: tuple[float, float]) -> np.ndarray:
    count = traces.shape[1]
    bins = slice(round(band[0] * count), round(band[1] * count))
    if bins.stop <= bins.start:
        return np.full(len(traces), np.nan)
    power = np.abs(np.fft.rfft(traces, axis=1)[:, bins]) ** 2 / count
    return np.sqrt(np.exp(np.log(power + np.finfo(np.float64).tiny).mean(axis=1)))


def onsets(s: np.ndarray) -> np.ndarray:
    """Frames at which events begin: the first of each run of frames with more than a tenth of the largest spike.

    Parameters
    ----------
    s
        `(T,)` deconvolved spikes; NaN counts as 0.

    Returns
    -------
    numpy.ndarray
        Ascending positions, int64.
    """
    values = np.nan_to_num(np.asarray(s, np.float64))
    peak = values.max(initial=0.0)
    above = values > EVENT_PART * peak if peak > 0 else np.zeros(values.shape, bool)
    return np.flatnonzero(above & ~np.concatenate([[False], above[:-1]])).astype(np.int64)


def transients(c: np.ndarray, s: np.ndarray | None = None) -> np.ndarray:
    """Transients of a unit.

    Parameters
    ----------
    c
        `(T,)` calcium trace.
    s
        `(T,)` spikes; without them the rises of `c` are taken.

    Returns
    -------
    numpy.ndarray
        `(k, 2)` int64: position where each begins, and of its peak in `c`, in time order.
    """
    trace = np.asarray(c, np.float64)
    begins = onsets(np.clip(np.diff(trace, prepend=trace[:1]), 0, None) if s is None else s)
    ends = np.concatenate([begins[1:], [trace.size]])[: begins.size]
    height = np.where(np.isfinite(trace), trace, -np.inf)
    peaks = [first + int(height[first:last].argmax()) for first, last in zip(begins, ends, strict=True)]
    return np.stack([begins, np.array(peaks, np.int64)], axis=1) if begins.size else np.zeros((0, 2), np.int64)


def highest(found: np.ndarray, c: np.ndarray, most: int = 10) -> np.ndarray:
    """Positions of the highest peaks among transients `(k, 2)` of a trace, ascending."""
    peaks = np.unique(found[:, 1])
    return np.sort(peaks[np.argsort(-np.nan_to_num(c[peaks]), kind="stable")[:most]])
