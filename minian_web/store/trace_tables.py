"""Traces of the cells after curation as tables: wide CSV (frame x cell) and MATLAB files."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.io import savemat

from minian_web.errors import BadRequest, NotWritable
from minian_web.model.candidates import merged_footprint
from minian_web.model.cleaning import Cells, cells_of, mean_of
from minian_web.model.keys import Key, text_of
from minian_web.store.exports import label_csv
from minian_web.store.facts import read_facts
from minian_web.store.files import sync_folder, writing

if TYPE_CHECKING:
    from minian_web.store.curation import Curation

__all__ = ["VARIABLES", "mat_bytes", "mat_contents", "traces_zip", "wide_csv", "write_mat", "write_wide_csv"]

Tick = Callable[[float], None]
VARIABLES = ("C", "S", "YrA")
_ROWS = 500  # frames of a table that are made text at once


class CellTraces:
    """Traces of the cells of one session after curation.

    Attributes
    ----------
    labels
        `(n,)` int64: name of each cell, its `unit_label`.
    frames
        `(T,)` frame coordinate.
    seconds
        `(T,)` float64, None when the frame rate is not known.
    """

    def __init__(self, curation: Curation, key: Key, *, label_set: str = "main", accepted_only: bool = False) -> None:
        self._dataset, self._key = curation.dataset, key
        self.cells: Cells = cells_of(curation.decisions(key, label_set), accepted_only=accepted_only)
        self.labels = np.array(self.cells.labels, np.int64)
        self.frames = curation.dataset.frames
        rate = read_facts(curation.dataset).frame_rate
        self.seconds = None if rate is None else self.frames.astype(np.float64) / rate
        if not self.labels.size:
            raise BadRequest(f"{curation.dataset.path}: no cell is left after curation, there is nothing to write")

    def of(self, name: str, tick: Tick = lambda _: None) -> np.ndarray:
        """Traces `(n, T)` float32; the mean over the units of a cell, NaN where none of them has the variable."""
        known = set(self._dataset.container.variable(name).unit_ids().tolist())
        found = np.full((self.labels.size, self.frames.size), np.nan, np.float32)
        for row, label in enumerate(self.labels.tolist()):
            units = [unit for unit in self.cells.members[label] if unit in known]
            if units:
                found[row] = mean_of(units, lambda unit: self._dataset.traces(name, [unit], self._key)[0])
            tick((row + 1) / self.labels.size)
        return found


def wide_csv(traces: CellTraces, name: str, file: IO[str], tick: Tick = lambda _: None) -> None:
    """Write a table with one row a frame: `frame`, `time_s` where the frame rate is known, then one column a cell.

    Frames in which no cell has a value (those of longer sessions of a merged dataset) are left out.
    """
    values = traces.of(name, lambda done: tick(0.3 * done))
    rows = np.flatnonzero(np.isfinite(values).any(axis=0))
    columns = [str(label) for label in traces.labels.tolist()]
    for first in range(0, max(len(rows), 1), _ROWS):
        part = rows[first : first + _ROWS]
        table = pd.DataFrame(values[:, part].T, columns=columns)
        if traces.seconds is not None:
            table.insert(0, "time_s", traces.seconds[part].astype(object))
        table.insert(0, "frame", traces.frames[part])
        table.to_csv(file, index=False, header=first == 0, float_format="%.6g", lineterminator="\n")
        tick(0.3 + 0.7 * min(first + _ROWS, len(rows)) / max(len(rows), 1))


def write_wide_csv(
    path: Path,
    curation: Curation,
    names: Sequence[str] = ("C",),
    *,
    label_set: str = "main",
    accepted_only: bool = False,
    overwrite: bool = False,
    tick: Tick = lambda _: None,
) -> list[Path]:
    """Write wide tables of traces, one file for each variable and session.

    Parameters
    ----------
    path
        `OUT.csv`; with several variables or sessions these are added to the name, as `OUT_C.csv`, `OUT_C_a1_s1.csv`.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    NotWritable
        If a file exists and may not be overwritten, or cannot be written; nothing half-written is left.
    BadRequest
        If the dataset has no such variable, or no cell is left.
    """
    jobs = [(key, name, _named(path, curation, names, key, name)) for key in curation.dataset.keys for name in names]
    _check(curation, names)
    for *_, target in jobs:
        _refuse_existing(target, overwrite=overwrite)
    for number, (key, name, target) in enumerate(jobs):
        traces = CellTraces(curation, key, label_set=label_set, accepted_only=accepted_only)
        told = lambda done, number=number: tick((number + done) / len(jobs))  # noqa: E731
        with _staged(target) as stage, stage.open("w", encoding="utf-8", newline="") as file:
            wide_csv(traces, name, file, told)
    return [target for *_, target in jobs]


def _named(path: Path, curation: Curation, names: Sequence[str], key: Key, name: str) -> Path:
    ends = [name] if len(names) > 1 else []
    ends += [text_of(key).replace(" / ", "_")] if len(curation.dataset.keys) > 1 else []
    return path.with_name("_".join([path.stem, *(end.replace("/", "-") for end in ends)]) + path.suffix)


def _check(curation: Curation, names: Sequence[str]) -> None:
    lacking = [name for name in names if not curation.dataset.has(name)]
    if lacking or not names:
        raise BadRequest(f"{curation.dataset.path}: has no traces {', '.join(lacking)}")


def _refuse_existing(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise NotWritable(f"{path}: exists already; choose another name, or allow overwriting (--overwrite)")
    if not path.parent.is_dir():
        raise NotWritable(f"{path}: there is no folder {path.parent}")


@contextlib.contextmanager
def _staged(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when all went well, and is gone otherwise."""
    stage = path.with_name(f".minian-web-{os.getpid()}-{path.name}.tmp")
    with writing(path):
        try:
            yield stage
            with stage.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(stage, path)
            sync_folder(path.parent)
        finally:
            stage.unlink(missing_ok=True)


def mat_contents(
    curation: Curation,
    key: Key = (),
    *,
    label_set: str = "main",
    accepted_only: bool = False,
    tick: Tick = lambda _: None,
) -> dict[str, Any]:
    """Variables of a MATLAB file of one session.

    Returns
    -------
    dict
        `unit_id` (1, n) of the cells; `C`, `S`, `YrA` (T, n) as far as they are stored; `frame` (T, 1); `time_s` where
        the frame rate is known; `A` sparse (height * width, n) in MATLAB's order, so that
        `reshape(full(A(:, k)), height, width)` is a footprint; `height`, `width`.
    """
    traces = CellTraces(curation, key, label_set=label_set, accepted_only=accepted_only)
    dataset = curation.dataset
    names = [name for name in VARIABLES if dataset.has(name)]
    found: dict[str, Any] = {
        "unit_id": traces.labels[None].astype(np.float64),
        "frame": traces.frames[:, None].astype(np.float64),
        "height": float(dataset.shape[0]),
        "width": float(dataset.shape[1]),
        "A": _footprint_matrix(curation, traces.cells, key),
    }
    if traces.seconds is not None:
        found["time_s"] = traces.seconds[:, None]
    for number, name in enumerate(names):
        told = lambda done, number=number: tick((number + done) / len(names))  # noqa: E731
        found[name] = np.ascontiguousarray(traces.of(name, told).T)
    return found


def _footprint_matrix(curation: Curation, cells: Cells, key: Key) -> sparse.csc_matrix:
    footprints = curation.dataset.footprints(key)
    height, width = footprints.shape
    parts = [merged_footprint(footprints, cells.members[label]) for label in cells.labels]
    rows, columns = np.divmod(np.concatenate([pixels for pixels, _ in parts]).astype(np.int64), width)
    cell = np.repeat(np.arange(len(parts)), [pixels.size for pixels, _ in parts])
    values = np.concatenate([values for _, values in parts]).astype(np.float64)
    return sparse.csc_matrix((values, (columns * height + rows, cell)), shape=(height * width, len(parts)))


def mat_bytes(curation: Curation, key: Key = (), **options: Any) -> bytes:
    """Give a MATLAB (v5) file of one session; options as `mat_contents`.

    Raises
    ------
    BadRequest
        If a variable is larger than this format allows (4 GB).
    """
    target = io.BytesIO()
    _save(target, mat_contents(curation, key, **options))
    return target.getvalue()


def _save(target: Any, contents: dict[str, Any]) -> None:
    largest = max((value.nbytes, name) for name, value in contents.items() if isinstance(value, np.ndarray))
    if largest[0] >= 2**32:
        raise BadRequest(f"{largest[1]} takes {largest[0] / 2**30:.1f} GB; a .mat file holds 4 GB: export CSV instead")
    savemat(target, contents, do_compression=True)


def write_mat(
    path: Path,
    curation: Curation,
    *,
    label_set: str = "main",
    accepted_only: bool = False,
    overwrite: bool = False,
    tick: Tick = lambda _: None,
) -> list[Path]:
    """Write a MATLAB file for each session; names and errors as `write_wide_csv`."""
    keys = curation.dataset.keys
    targets = [_named(path, curation, (), key, "") for key in keys]
    for target in targets:
        _refuse_existing(target, overwrite=overwrite)
    for number, (key, target) in enumerate(zip(keys, targets, strict=True)):
        told = lambda done, number=number: tick((number + done) / len(keys))  # noqa: E731
        contents = mat_contents(curation, key, label_set=label_set, accepted_only=accepted_only, tick=told)
        with _staged(target) as stage, stage.open("wb") as file:
            _save(file, contents)
    return targets


def traces_zip(curation: Curation, key: Key = (), tick: Tick = lambda _: None, **options: Any) -> bytes:
    """Give one zip file with `labels.csv` and the wide tables of C, S and YrA, as far as they are stored."""
    traces = CellTraces(curation, key, **options)
    names = [name for name in VARIABLES if curation.dataset.has(name)]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        archive.writestr("labels.csv", label_csv(curation, options.get("label_set", "main")))
        for number, name in enumerate(names):
            told = lambda done, number=number: tick((number + done) / len(names))  # noqa: E731
            with archive.open(f"{name}.csv", "w", force_zip64=True) as binary:
                text = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
                wide_csv(traces, name, text, told)
                text.detach()
    return target.getvalue()
