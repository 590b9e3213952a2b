"""Preprocessing of single frames: denoising, background, glow; cv2 and scipy do the filtering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.pipeline.morphology import disk
from minian_web.model.pipeline.smoothing import noise

LARGEST = 255  # pixels of a kernel's side


def median(frame: np.ndarray, ksize: int = 7) -> np.ndarray:
    """Median over a square of side `ksize` (odd, pixels); a frame that is not uint8 allows 3 and 5 only."""
    import cv2

    _odd("ksize", ksize, 1)
    if frame.dtype != np.uint8 and ksize > 5:
        raise BadRequest(f"the median of {frame.dtype} frames is only known for a ksize of 3 or 5, not {ksize}")
    return cv2.medianBlur(_for_cv2(frame), int(ksize))


def gaussian(frame: np.ndarray, ksize: int = 7, sigmaX: float = 0) -> np.ndarray:
    """Blur by a gaussian in a square of side `ksize` (odd, pixels); sigmaX 0: derived from ksize."""
    import cv2

    _odd("ksize", ksize, 1)
    _from_zero("sigmaX", sigmaX)
    return cv2.GaussianBlur(_for_cv2(frame), (int(ksize), int(ksize)), float(sigmaX))


def bilateral(
    frame: np.ndarray,
    d: int = 7,
    sigmaColor: float = 10,
    sigmaSpace: float = 10,
) -> np.ndarray:
    """Bilateral filter: neighbourhood of diameter `d` pixels, widths in intensities and in pixels."""
    import cv2

    _whole("d", d, 1, LARGEST)
    _above_zero("sigmaColor", sigmaColor)
    _above_zero("sigmaSpace", sigmaSpace)
    return cv2.bilateralFilter(_for_cv2(frame), int(d), float(sigmaColor), float(sigmaSpace))


def anisotropic(
    frame: np.ndarray, niter: int = 5, kappa: float = 50, gamma: float = 0.1, option: int = 1
) -> np.ndarray:
    """Anisotropic diffusion (Perona and Malik 1990).

    Parameters
    ----------
    niter
        Steps.
    kappa
        Difference of intensities that counts as an edge.
    gamma
        Size of a step, above 0 and at most 0.25.
    option
        1: conduction exp(-(d / kappa)^2), 2: 1 / (1 + (d / kappa)^2).
    """
    _whole("niter", niter, 1, 1000)
    _above_zero("kappa", kappa)
    if not 0 < gamma <= 0.25:
        raise BadRequest(f"gamma must be above 0 and at most 0.25, not {gamma:g}")
    if option not in (1, 2):
        raise BadRequest(f"option must be 1 or 2, not {option}")
    image = np.asarray(frame, np.float32).copy()
    for _ in range(int(niter)):
        change = np.zeros_like(image)
        for axis in (0, 1):
            step = np.diff(image, axis=axis)
            ratio = (step / np.float32(kappa)) ** 2
            flow = step * (np.exp(-ratio) if option == 1 else 1 / (1 + ratio))
            forward, backward = _ends(axis)
            change[forward] += flow
            change[backward] -= flow
        image += np.float32(gamma) * change
    return image


def _ends(axis: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    head, tail = slice(None, -1), slice(1, None)
    if axis == 0:
        return (head, slice(None)), (tail, slice(None))
    return (slice(None), head), (slice(None), tail)


def tophat(frame: np.ndarray, wnd: int = 15) -> np.ndarray:
    """White top-hat with a disk of radius `wnd` pixels: what is smaller than the disk and brighter than around it."""
    import cv2

    _whole("wnd", wnd, 1, LARGEST)
    return cv2.morphologyEx(_for_cv2(frame), cv2.MORPH_TOPHAT, disk(int(wnd)))


def uniform(frame: np.ndarray, wnd: int = 15) -> np.ndarray:
    """Frame minus its mean over a square of side `wnd` pixels, as float32, so that what is darker becomes negative."""
    from scipy.ndimage import uniform_filter

    _whole("wnd", wnd, 1, LARGEST)
    values = np.asarray(frame, np.float32)
    return values - uniform_filter(values, int(wnd))


def without_glow(frame: np.ndarray, glow: np.ndarray | None) -> np.ndarray:
    """Frame minus the minimum of the movie over its frames, the constant glow."""
    if glow is None:
        raise BadRequest("the minimum over the frames is not known, so that the glow cannot be removed")
    return frame - np.minimum(glow, frame)


DENOISE: dict[str, Callable[..., np.ndarray]] = {
    "median": median,
    "gaussian": gaussian,
    "bilateral": bilateral,
    "anisotropic": anisotropic,
}
BACKGROUND: dict[str, Callable[..., np.ndarray]] = {"tophat": tophat, "uniform": uniform}


def denoise(frame: np.ndarray, method: str = "median", **parameters: Any) -> np.ndarray:
    """Denoise a frame `(height, width)` by one of `DENOISE`, which say what their parameters are."""
    return _named(DENOISE, "denoise", method)(frame, **parameters)


def remove_background(frame: np.ndarray, method: str = "tophat", wnd: int = 15) -> np.ndarray:
    """Remove the background of a frame `(height, width)` by one of `BACKGROUND`."""
    return _named(BACKGROUND, "background removal", method)(frame, wnd=wnd)


def _named(known: dict[str, Callable[..., np.ndarray]], what: str, method: str) -> Callable[..., np.ndarray]:
    if method not in known:
        raise BadRequest(f"the methods of {what} are {', '.join(known)}, not {method}")
    return known[method]


def noise_figure(frame: np.ndarray) -> float:
    """Noise of a frame in its intensities, from the upper half of the frequencies along its rows."""
    return float(np.mean(noise(np.asarray(frame, np.float64), 0.25, 0.5)))


def _for_cv2(frame: np.ndarray) -> np.ndarray:
    values = frame if frame.dtype in (np.uint8, np.float32) else np.asarray(frame, np.float32)
    return np.ascontiguousarray(values)


def _odd(name: str, value: float, least: int) -> None:
    _whole(name, value, least, LARGEST)
    if value % 2 != 1:
        raise BadRequest(f"{name} must be odd, not {value:g}")


def _whole(name: str, value: float, least: int, most: int) -> None:
    if int(value) != value or not least <= value <= most:
        raise BadRequest(f"{name} must be a whole number from {least} to {most}, not {value:g}")


def _from_zero(name: str, value: float) -> None:
    if not np.isfinite(value) or value < 0:
        raise BadRequest(f"{name} must be a number from 0 on, not {value:g}")


def _above_zero(name: str, value: float) -> None:
    if not np.isfinite(value) or value <= 0:
        raise BadRequest(f"{name} must be a number above 0, not {value:g}")
