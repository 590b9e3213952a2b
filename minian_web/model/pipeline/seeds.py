"""Seeds: pixels that are local maxima in projections over windows of frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

from minian_web.errors import BadRequest
from minian_web.model.pipeline.morphology import disk

METHODS = ("rolling", "random")
LARGEST_DISK = 100


def rolling_windows(frames: int, wnd_size: int = 1000, stp_size: int = 500) -> list[tuple[int, int]]:
    """Windows of frames, half open: of `wnd_size`, centred at linspace(0, T - 1, ceil(T / stp_size) + 1)."""
    _whole("wnd_size", wnd_size, 1)
    _whole("stp_size", stp_size, 1)
    half = math.ceil(wnd_size / 2)
    centres = np.linspace(0, frames - 1, math.ceil(frames / stp_size) + 1)
    return [(math.floor(max(c - half, 0)), min(math.ceil(c + half), frames)) for c in centres.tolist()]


def random_windows(frames: int, wnd_size: int = 1000, nchunk: int = 100, seed: int = 0) -> list[np.ndarray]:
    """Draw `nchunk` sets of `wnd_size` frames (all of them when there are fewer), the same for the same seed."""
    _whole("wnd_size", wnd_size, 1)
    _whole("nchunk", nchunk, 1)
    draw = np.random.default_rng(seed)
    return [np.sort(draw.choice(frames, min(wnd_size, frames), replace=False)) for _ in range(nchunk)]


def projections(
    members: Sequence[np.ndarray], blocks: Iterable[tuple[slice, np.ndarray]], shape: tuple[int, int]
) -> np.ndarray:
    """Give the maximum `(windows, height, width)` float32 over each set of frames, reading the movie once.

    Parameters
    ----------
    members
        Sorted positions of the frames of each window.
    blocks
        Parts of the movie: which frames, and `(frames, height, width)`.
    """
    result = np.full((len(members), *shape), -np.inf, np.float32)
    for frames, block in blocks:
        for number, chosen in enumerate(members):
            first, last = np.searchsorted(chosen, [frames.start, frames.stop])
            inside = chosen[first:last] - frames.start
            if inside.size == 0:
                continue
            whole = inside[-1] - inside[0] + 1 == inside.size
            part = block[inside[0] : inside[-1] + 1] if whole else block[inside]
            np.maximum(result[number], part.max(axis=0), out=result[number])
    return result


def local_maxima(image: np.ndarray, max_wnd: int = 15, diff_thres: float = 3) -> np.ndarray:
    """Seeds `(height, width)` bool of one projection.

    A pixel is a hit when for some k in 2..max_wnd - 1 it equals the maximum over disk(k), and that exceeds the
    minimum over disk(k) by more than `diff_thres`. Each 8-connected component of hits gives one seed, at its median.

    Parameters
    ----------
    image
        `(height, width)` float32.
    max_wnd
        Radius in pixels, at least 3.
    diff_thres
        In the intensities of the movie.
    """
    import cv2  # of use to jobs only, and not small

    _whole("max_wnd", max_wnd, 3)
    if max_wnd > LARGEST_DISK:
        raise BadRequest(f"max_wnd must be at most {LARGEST_DISK} pixels, not {max_wnd}")
    if not np.isfinite(diff_thres) or diff_thres < 0:
        raise BadRequest(f"diff_thres must be a number from 0 on, not {diff_thres:g}")
    values = np.ascontiguousarray(image, np.float32)
    hits = np.zeros(values.shape, bool)
    for radius in range(2, int(max_wnd)):
        top, bottom = cv2.dilate(values, disk(radius)), cv2.erode(values, disk(radius))
        hits |= (values == top) & (top - bottom > diff_thres)
    labels, _ = ndimage.label(hits, np.ones((3, 3)))
    result = np.zeros(values.shape, bool)
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = np.nonzero(labels[place] == number)
        result[int(np.median(rows + place[0].start)), int(np.median(columns + place[1].start))] = True
    return result


def seeds_of(
    images: np.ndarray, max_wnd: int = 15, diff_thres: float = 3, tick: Callable[[float], None] | None = None
) -> pd.DataFrame:
    """Seeds of all windows.

    Parameters
    ----------
    images
        `(windows, height, width)` projections.

    Returns
    -------
    pandas.DataFrame
        Columns height, width (positions of the pixel) and seeds: in how many windows it was one.
    """
    total = np.zeros(images.shape[1:], np.int64)
    for done, image in enumerate(images):
        if tick is not None:
            tick(done / len(images))
        total += local_maxima(image, max_wnd, diff_thres)
    rows, columns = np.nonzero(total)
    return pd.DataFrame({"height": rows, "width": columns, "seeds": total[rows, columns].astype(np.float64)})


def _whole(name: str, value: float, least: int) -> None:
    if int(value) != value or value < least:
        raise BadRequest(f"{name} must be a whole number from {least} on, not {value}")
