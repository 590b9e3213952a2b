"""What a dataset is, in a line of a table: from metadata and small coordinates only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from minian_web.errors import DataError, MinianWebError
from minian_web.model.decisions import DISCARDED, STATUSES
from minian_web.store import netcdf
from minian_web.store.containers import group_variables, is_group, main_variable, note_path, open_container
from minian_web.store.log import read_log
from minian_web.store.movies import labelled, movie_names
from minian_web.store.variables import Variable
from minian_web.store.whereabouts import LOG
from minian_web.store.zarrs import array_meta

__all__ = ["Details", "stamp", "summary"]

_TRACES = ("C", "S", "f")
_OWN_DIMS = ("unit_id", "height", "width")


@dataclass(frozen=True)
class Details:
    """Summary of a dataset.

    Attributes
    ----------
    animal, session
        As stored; those of all sessions, joined by commas, in a merged dataset.
    units, frames, height, width
        Sizes.
    modified
        When A was written, UTC.
    kept, discarded, merged, undecided
        Number of units of each status.
    reviewed
        Whether nothing is left undecided, or a curation was made elsewhere.
    movies
        Names of the movies beside it; whether they belong to it is not looked at.
    problem
        Why it cannot be read, None when it can.
    """

    animal: str = ""
    session: str = ""
    units: int = 0
    frames: int = 0
    height: int = 0
    width: int = 0
    modified: datetime | None = None
    kept: int = 0
    discarded: int = 0
    merged: int = 0
    undecided: int = 0
    reviewed: bool = False
    movies: tuple[str, ...] = ()
    problem: str | None = None


def summary(path: Path, kind: str, folders: Iterable[Path] = (), log: Path | None = None) -> Details:
    """Summary of a dataset, or of a folder of movies; never raises for broken data.

    Parameters
    ----------
    path
        The dataset or folder.
    kind
        "dataset" or "movies".
    folders
        Where its movies may be.
    log
        The curation log, when it is not in its usual place: that of a read-only folder.
    """
    try:
        if kind == "movies":
            return Details(modified=_modified(path), movies=tuple(movie_names(path)))
        movies = [name for label, folder in labelled(folders) for name in movie_names(folder, label)]
        return replace(_dataset(path, log), movies=tuple(movies))
    except MinianWebError as error:
        return Details(problem=str(error))
    except OSError as error:
        return Details(problem=f"{error.filename or path}: {error.strerror}")


def stamp(path: Path, folders: Iterable[Path] = (), log: Path | None = None) -> tuple[object, ...]:
    """Something that is equal as long as nothing that a summary speaks of was written; costs a few looks at folders."""
    beside = log or note_path(path, "group", LOG)
    inside = [
        path / name for name in ("", LOG, "A", "A.zarr", "A.zarr/A", "C.zarr", "unit_labels", "A.zarr/unit_labels")
    ]
    return tuple(_state(place) for place in (*inside, beside, *folders))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def _dataset(path: Path, log: Path | None) -> Details:
    form = "netcdf" if path.is_file() else "group" if is_group(path) else "groups"
    variable, frames = _looked_up(path, form)
    missing = [dim for dim in _OWN_DIMS if dim not in variable.dims]
    if missing:
        raise DataError(variable.path, f"dimensions {', '.join(_OWN_DIMS)}", f"dimensions {', '.join(variable.dims)}")
    sizes, meta = variable.sizes, _meta(variable)
    counts, reviewed = _decisions(variable, log or note_path(path, form, LOG))
    return Details(
        animal=meta.get("animal", ""),
        session=meta.get("session", ""),
        units=sum(counts.values()),
        frames=frames,
        height=sizes["height"],
        width=sizes["width"],
        modified=_modified(variable.path),
        reviewed=reviewed,
        kept=counts["kept"],
        discarded=counts["discarded"],
        merged=counts["merged"],
        undecided=counts["undecided"],
    )


def _looked_up(path: Path, form: str) -> tuple[Variable, int]:
    """A, and the number of frames of the traces; without listing the other groups where there are groups."""
    if form != "groups":
        everything = netcdf.variables_of(path) if form == "netcdf" else group_variables(path)
        if "A" not in everything:
            raise DataError(path, "a variable A", f"only {', '.join(everything) or 'nothing'}")
        traces = (everything[name].sizes for name in _TRACES if name in everything)
        return everything["A"], next((sizes["frame"] for sizes in traces if "frame" in sizes), 0)
    group = path / "A.zarr"
    variable = main_variable(group) if group.exists() else open_container(path).variable("A")
    for name in _TRACES:
        meta = array_meta(path / f"{name}.zarr" / name)
        if meta is not None and "frame" in meta.dims:
            return variable, meta.shape[meta.dims.index("frame")]
    return variable, 0


def _meta(variable: Variable) -> dict[str, str]:
    merged = [dim for dim in variable.dims if dim not in _OWN_DIMS]
    return {**variable.scalars(), **{dim: ", ".join(map(str, variable.coordinate(dim))) for dim in merged}}


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def _decisions(variable: Variable, log: Path) -> tuple[dict[str, int], bool]:
    """Number of units of each status, and whether the dataset is through."""
    ids, stored = variable.unit_ids(), variable.companion("unit_labels")
    labels = None if stored is None else _rows(stored, len(ids))
    lines = [line for line in read_log(log).lines if line.label_set == "main"]
    if not lines:
        counts = _counted(ids, labels)
        return counts, bool(counts["discarded"] or counts["merged"])
    statuses = {unit: one.status for line in lines for unit, one in zip(line.units, line.after, strict=True)}
    known = list(statuses.values())
    counts = {status: known.count(status) for status in STATUSES}
    counts["undecided"] += max(_present(ids, labels) - len(known), 0)
    return counts, counts["undecided"] == 0 and bool(known)


def _rows(stored: Variable, count: int) -> np.ndarray:
    """Labels as `(sessions, n)` float64."""
    if stored.sizes.get("unit_id") != count:
        raise DataError(stored.path, f"{count} labels on unit_id", f"{stored.sizes}")
    others = tuple(dim for dim in stored.dims if dim != "unit_id")
    return stored.select({}, (*others, "unit_id")).reshape(-1, count).astype(np.float64)


def _present(ids: np.ndarray, labels: np.ndarray | None) -> int:
    return len(ids) if labels is None else int(np.isfinite(labels).sum())


def _counted(ids: np.ndarray, labels: np.ndarray | None) -> dict[str, int]:
    counts = dict.fromkeys(STATUSES, 0)
    for row in labels if labels is not None else [ids.astype(np.float64)]:
        here = row[np.isfinite(row)]
        _, sizes = np.unique(here[here != DISCARDED], return_counts=True)
        counts["discarded"] += int((here == DISCARDED).sum())
        counts["merged"] += int(sizes[sizes > 1].sum())
        counts["undecided"] += int((sizes == 1).sum())
    return counts
