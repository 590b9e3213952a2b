"""Where cells are, and the walk through them, for labelled arrays and tables."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.order import nearest_neighbour_walk

A_DIMS = ("unit_id", "height", "width")
_BAR = 40  # characters of the progress bar
_BYTES_AT_ONCE = 32 * 2**20


def centroid(A: xr.DataArray, verbose: bool = False) -> pd.DataFrame:
    """Compute centroids of spatial footprint of each cell.

    The centroid is the true centre of mass in the coordinates of `A`. minian's own function scales by (N - 1) / N along
    an axis of N pixels, so that its results are lower by this factor.

    Parameters
    ----------
    A
        Spatial footprints `(..., unit_id, height, width)` in any order; further dimensions, such as session, are kept.
        May be a dask array: it is read a few units at a time.
    verbose
        Whether to print a message and a progress bar, on standard error.

    Returns
    -------
    pandas.DataFrame
        One row a cell, with a column for each further dimension, then `unit_id`, `height` and `width`. Empty footprints
        and those that are NaN all over (units of other sessions) are left out.

    Raises
    ------
    BadRequest
        If `A` lacks a dimension or its coordinate.
    """
    _check(A)
    meta = [str(dim) for dim in A.dims if dim not in A_DIMS]
    axes = {dim: A[dim].values for dim in (*meta, *A_DIMS)}
    told = _bar(A.sizes["unit_id"] * int(np.prod([A.sizes[dim] for dim in meta]))) if verbose else lambda _done: None
    rows, done = [], 0
    for place in itertools.product(*(range(A.sizes[dim]) for dim in meta)):
        names = [axes[dim][at] for dim, at in zip(meta, place, strict=True)]
        for unit, image in _images(A.isel(dict(zip(meta, place, strict=True)))):
            centre = _centre(image, axes["height"], axes["width"])
            rows += [(*names, unit, *centre)] if centre else []
            done += 1
            told(done)
    return pd.DataFrame(rows, columns=[*meta, "unit_id", "height", "width"])


def _check(a: xr.DataArray) -> None:
    lacking = [dim for dim in A_DIMS if dim not in a.dims]
    if lacking:
        raise BadRequest(f"A needs the dimensions {', '.join(A_DIMS)}; {', '.join(lacking)} missing in {a.dims}")
    bare = [str(dim) for dim in a.dims if dim not in a.coords]
    if bare:
        raise BadRequest(f"A needs coordinates for {', '.join(bare)}")


def _images(a: xr.DataArray) -> Iterator[tuple[int, np.ndarray]]:
    """Footprints one by one, read some MB at a time."""
    a = a.transpose(*A_DIMS)
    step = max(1, _BYTES_AT_ONCE // max(1, a.sizes["height"] * a.sizes["width"] * a.dtype.itemsize))
    for first in range(0, a.sizes["unit_id"], step):
        part = a.isel(unit_id=slice(first, first + step))
        yield from zip(part["unit_id"].values, np.asarray(part.values), strict=True)


def _centre(image: np.ndarray, heights: np.ndarray, widths: np.ndarray) -> tuple[float, float] | None:
    weights = np.nan_to_num(image.astype(np.float64))
    total = weights.sum()
    if total == 0:
        return None
    return float(weights.sum(axis=1) @ heights / total), float(weights.sum(axis=0) @ widths / total)


def _bar(total: int) -> Callable[[int], None]:
    def tell(done: int) -> None:
        filled = _BAR * done // max(total, 1)
        end = "\n" if done == total else ""
        sys.stderr.write(f"\rcomputing centroids [{'#' * filled}{' ' * (_BAR - filled)}] {done} / {total}{end}")
        sys.stderr.flush()

    return tell


def NNsort(cents: pd.DataFrame) -> pd.Series:
    """Sort centroids of cells into close-by groups.

    Walk from the cell with the smallest height + width on to the nearest cell not yet visited, and so on.

    Parameters
    ----------
    cents
        Centroids of cells, with columns "height" and "width".

    Returns
    -------
    pandas.Series
        Same index as `cents`; the place of each cell in the walk, 0 for the first; cells without a place (NaN) last.

    Raises
    ------
    BadRequest
        If a column is missing.
    """
    lacking = [column for column in ("height", "width") if column not in cents]
    if lacking:
        raise BadRequest(f"centroids need the columns height and width; {', '.join(lacking)} missing")
    walk = nearest_neighbour_walk(cents[["height", "width"]].to_numpy(np.float64))
    return pd.Series(walk, index=cents.index, name="NNord")
