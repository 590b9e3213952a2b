"""The result of the pipeline as one video: reference, input, what the cells explain, and what they leave over.

After methods.md: top left the reference movie, top right the input Y of CNMF, bottom left Y - AC, bottom right AC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.jobs import Tick
from minian_web.model.curated import Cells, Footprint, cells
from minian_web.model.footprints import sparse
from minian_web.model.quantise import quantise
from minian_web.store.films import Film, of_array
from minian_web.store.variables import positions
from minian_web.store.video import FRAMERATE, OPTIONS, encode, value_range

__all__ = ["FourParts", "activity_film", "generate_videos", "write_result_video"]

_RANGE_PART = 0.3
_PIECE = 8  # frames
_SEED = 0  # the random frames are the same each time


def generate_videos(
    varr: xr.DataArray,
    Y: xr.DataArray,
    A: xr.DataArray | None = None,
    C: xr.DataArray | None = None,
    AC: xr.DataArray | None = None,
    nfm_norm: int | None = None,
    gain: float = 1.5,
    vpath: str = ".",
    vname: str = "minian.mp4",
    options: Mapping[str, str] = OPTIONS,
    *,
    framerate: float = FRAMERATE,
    unit_labels: xr.DataArray | None = None,
) -> str:
    """Write a video of four parts that shows what the pipeline found.

    Top left `varr`, top right `Y`, bottom right the activity of the cells, bottom left what of `Y` they do not explain.
    All are read block by block, and the video has as many frames as they.

    Parameters
    ----------
    varr
        Reference movie with dimensions frame, height, width; clipped to 0..255. It may cover more frames and pixels
        than `Y`; those of `Y` are taken then.
    Y
        Movie that went into CNMF.
    A
        Footprints (unit_id, height, width); used when `AC` is not given.
    C
        Traces (unit_id, frame); used when `AC` is not given.
    AC
        Activity (frame, height, width).
    nfm_norm
        Number of random frames from which the factor of the activity is found by least squares; None: the factor is
        `gain`.
    gain
        `Y` is multiplied by `255 / max(Y) * gain`.
    vpath, vname
        Folder and name of the video.
    options
        Output options of ffmpeg; by default `{"crf": "18", "preset": "ultrafast"}`.
    framerate
        Frames a second.
    unit_labels
        Curation on unit_id: discarded units (-1) are left out, units of equal label merged. Only with `A` and `C`.

    Returns
    -------
    str
        Absolute path of the video.

    Raises
    ------
    BadRequest
        If neither `AC` nor both of `A` and `C` are given, or the arrays do not belong together.
    VideoError, NotWritable
        As `write_video`.
    """
    y = of_array(Y, "Y")
    if AC is None:
        if A is None or C is None:
            raise BadRequest("generate_videos: expected AC, or both A and C; found neither")
        activity = activity_film(_cells(A, C, unit_labels), y)
    else:
        activity = of_array(AC, "AC")
    parts = FourParts(_fitting(varr, Y), y, activity, gain, nfm_norm)
    return str(write_result_video(parts, Path(vpath) / vname, options, framerate))


def _fitting(varr: xr.DataArray, y: xr.DataArray) -> Film:
    """The reference movie at the frames and pixels of Y."""
    whole = of_array(varr, "varr")
    if whole.n_frames == y.sizes["frame"] and whole.shape == (y.sizes["height"], y.sizes["width"]):
        return whole
    missing = [dim for dim in ("frame", "height", "width") if not np.isin(y[dim].values, varr[dim].values).all()]
    if missing:
        raise BadRequest(f"varr: does not cover all of Y along {', '.join(missing)}")
    return of_array(varr.sel({dim: y[dim].values for dim in ("frame", "height", "width")}), "varr")


def _cells(footprints: xr.DataArray, traces: xr.DataArray, labels: xr.DataArray | None) -> Cells:
    """Cells of minian's arrays, matched by unit_id; footprints are read unit by unit."""
    a, c = footprints.transpose("unit_id", "height", "width"), traces.transpose("unit_id", "frame")
    ids = a["unit_id"].values
    order = positions(c["unit_id"].values, ids, "C")
    given = None
    if labels is not None:
        given = labels.values[positions(labels["unit_id"].values, ids, "unit_labels")]

    def footprint(unit: int) -> Footprint:
        return sparse(np.asarray(a.isel(unit_id=int(np.flatnonzero(ids == unit)[0])).values))

    values = np.asarray(c.values)[order]
    return cells(ids, footprint, values, (a.sizes["height"], a.sizes["width"]), given)


def activity_film(found: Cells, like: Film) -> Film:
    """Activity of cells as a film with the coordinates of another one."""
    if found.shape != like.shape or found.traces.shape[1] != like.n_frames:
        raise BadRequest(
            f"A and C: expected {like.n_frames} frames of {like.shape[0]} x {like.shape[1]} pixels as Y has, "
            f"found {found.traces.shape[1]} of {found.shape[0]} x {found.shape[1]}"
        )
    return Film(
        "AC", like.frames, like.heights, like.widths, np.dtype(np.float32), 1, lambda part: found.activity(part)
    )


@dataclass(frozen=True, eq=False)
class FourParts:
    """What the four parts show, and how bright.

    Attributes
    ----------
    reference, y, activity
        Films of equal size.
    gain, nfm_norm
        As `generate_videos` takes them.
    """

    reference: Film
    y: Film
    activity: Film
    gain: float = 1.5
    nfm_norm: int | None = None

    def __post_init__(self) -> None:
        sizes = {(film.n_frames, *film.shape) for film in (self.reference, self.y, self.activity)}
        if len(sizes) > 1:
            raise BadRequest(f"the movies of a result video must have one size, found {sorted(sizes)}")
        if self.nfm_norm is not None and not 1 <= self.nfm_norm <= self.y.n_frames:
            raise BadRequest(f"nfm_norm: expected 1 to {self.y.n_frames} frames, found {self.nfm_norm}")

    def scales(self, tick: Tick) -> tuple[float, float]:
        """Factors of Y and of the activity."""
        _, highest = value_range(self.y, tick)
        y = 255 / highest * self.gain if highest > 0 else 1.0
        return y, self.gain if self.nfm_norm is None else self._least_squares(y, self.nfm_norm)

    def _least_squares(self, scale: float, count: int) -> float:
        drawn = np.sort(np.random.default_rng(_SEED).choice(self.y.n_frames, count, replace=False))
        both = square = 0.0
        for one in drawn.tolist():
            activity = np.nan_to_num(self.activity.read(slice(one, one + 1))).astype(np.float64)
            both += float((np.nan_to_num(self.y.read(slice(one, one + 1))) * scale * activity).sum())
            square += float((activity**2).sum())
        return both / square if square else self.gain

    def blocks(self, tick: Tick) -> Iterator[np.ndarray]:
        """The video's frames, `(frame, 2 height, 2 width)` uint8."""
        y_scale, activity_scale = self.scales(lambda fraction: tick(_RANGE_PART * fraction))
        for block in self.y.blocks():
            reference, y = self.reference.read(block), self.y.read(block)
            for piece in _pieces(block, self.activity.chunk):
                here = slice(piece.start - block.start, piece.stop - block.start)
                scaled = y[here].astype(np.float32) * np.float32(y_scale)
                activity = self.activity.read(piece).astype(np.float32) * np.float32(activity_scale)
                yield _four(reference[here], scaled, scaled - activity, activity)
                tick(_RANGE_PART + (1 - _RANGE_PART) * piece.stop / self.y.n_frames)


def _pieces(block: slice, chunk: int) -> Iterator[slice]:
    """Parts of a block that are worked on together: few frames at once, but no chunk of the activity read twice."""
    length = max(chunk, _PIECE)
    for start in range(block.start, block.stop, length):
        yield slice(start, min(start + length, block.stop))


def _four(*quarters: np.ndarray) -> np.ndarray:
    top_left, top_right, bottom_left, bottom_right = (quantise(one, 0.0, 255.0) for one in quarters)
    top = np.concatenate([top_left, top_right], axis=2)
    return np.concatenate([top, np.concatenate([bottom_left, bottom_right], axis=2)], axis=1)


def write_result_video(
    parts: FourParts,
    path: Path,
    options: Mapping[str, str] = OPTIONS,
    framerate: float = FRAMERATE,
    tick: Tick = lambda _fraction: None,
) -> Path:
    """Write the video of four parts and give its full path."""
    height, width = parts.y.shape
    return encode(parts.blocks(tick), (2 * height, 2 * width), path, options, framerate)
