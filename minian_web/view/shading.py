"""Long curves drawn as pixels: only the extremes of each pixel column are handed to datashader."""

from __future__ import annotations

import datashader as ds
import numpy as np
import pandas as pd
from tsdownsample import NaNMinMaxDownsampler

SAMPLES_PER_PIXEL = 4
_LEAST = 8  # samples that are worth thinning out


def decimated(x: np.ndarray, y: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep the smallest and largest value of each part of a pixel, so that no peak is lost.

    Parameters
    ----------
    x, y
        `(n,)`, `x` increasing; NaN in `y` is a gap.
    width
        Pixels that the curve is drawn on.
    """
    most = max(_LEAST, width * SAMPLES_PER_PIXEL)
    if y.size <= most:
        return x, y
    kept = NaNMinMaxDownsampler().downsample(np.ascontiguousarray(y), n_out=most - most % 2)
    return x[kept], y[kept]


def curve(
    x: np.ndarray, y: np.ndarray, x_range: tuple[float, float], y_range: tuple[float, float], shape: tuple[int, int]
) -> np.ndarray:
    """Draw one curve.

    Parameters
    ----------
    shape
        Height and width in pixels.

    Returns
    -------
    numpy.ndarray
        `shape` uint8: how much of each pixel the line covers, row 0 at the bottom.
    """
    first, last = np.searchsorted(x, x_range)
    visible = slice(max(first - 1, 0), last + 1)
    x, y = decimated(x[visible], y[visible], shape[1])
    if not y.size:
        return np.zeros(shape, np.uint8)
    canvas = ds.Canvas(shape[1], shape[0], x_range, y_range)
    points = pd.DataFrame({"x": x.astype(np.float64), "y": y.astype(np.float64)})
    covered = canvas.line(points, "x", "y", agg=ds.any(), line_width=1.3).values.astype(np.float32)
    return (np.clip(np.nan_to_num(covered), 0, 1) * 255).astype(np.uint8)


def coloured(cover: np.ndarray, color: str) -> np.ndarray:
    """Give a cover as RGBA pixels (uint32, as Bokeh takes them) of one colour `#rrggbb`."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return np.uint32(red | green << 8 | blue << 16) | cover.astype(np.uint32) << 24


def warm_up() -> None:
    """Compile the line drawing ahead of the first user."""
    curve(np.arange(8.0), np.ones(8), (0.0, 8.0), (0.0, 1.0), (16, 16))
