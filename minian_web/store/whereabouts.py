"""Where the decisions about a dataset are kept: in its folder, or, when that is read-only, on this computer."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from minian_web.errors import DataError
from minian_web.store import files
from minian_web.store.datasets import Dataset
from minian_web.store.log import read_log
from minian_web.store.places import places_of

LOG = "curation.jsonl"
_LONGEST = 100  # characters of a dataset id in a file name


@dataclass(frozen=True)
class Whereabouts:
    """Where decisions go.

    Attributes
    ----------
    log
        The curation log.
    arrays
        Whether labels are written into the arrays too.
    like
        What new files get their group and permissions from.
    notices
        What the reviewer should know before work begins.
    inherited
        A log in the read-only folder that the one on this computer goes on from.
    """

    log: Path
    arrays: bool
    like: Path
    notices: tuple[str, ...] = ()
    inherited: Path | None = None


def whereabouts(dataset: Dataset, state_dir: Path, can_write: Callable[[Path], bool] = files.can_write) -> Whereabouts:
    """Find out where the decisions about a dataset go, without writing anything.

    Parameters
    ----------
    state_dir
        Folder for the logs of datasets that are read-only.
    can_write
        Says whether files can be made in a folder.
    """
    log = dataset.note_path(LOG)
    if not _writable(log, can_write):
        here = log_on_this_computer(dataset, state_dir)
        notice = f"{dataset.notes} is read-only: decisions are saved on this computer, in {here}, not in the dataset."
        return Whereabouts(here, False, state_dir, (notice,), log if log.exists() else None)
    if dataset.form == "netcdf":
        notice = f"Decisions about a netCDF file are saved beside it, in {log}; an export writes a labelled copy."
        return Whereabouts(log, False, dataset.notes, (notice,))
    locked = _locked(dataset, can_write)
    if locked:
        notice = f"{', '.join(locked)} cannot be written: decisions are saved in {log} only, not in the arrays."
        return Whereabouts(log, False, dataset.notes, (notice,))
    return Whereabouts(log, True, dataset.notes)


def _writable(log: Path, can_write: Callable[[Path], bool]) -> bool:
    return can_write(log.parent) and (not log.exists() or os.access(log, os.W_OK))


def _locked(dataset: Dataset, can_write: Callable[[Path], bool]) -> list[str]:
    with contextlib.suppress(DataError):  # what is broken is told when labels are read
        return [
            place.group.name for place in places_of(dataset) if not (can_write(place.group) and can_write(place.stage))
        ]
    return []


def log_on_this_computer(dataset: Dataset, state_dir: Path) -> Path:
    """Log of a dataset in a read-only folder, named by its id; the path keeps equal ids of other servers apart."""
    folder, end = state_dir / "curation", f".{place_name(dataset.path)[:8]}.{LOG}"
    if known := sorted(folder.glob(f"*{end}")):  # a command may know the dataset by its path only
        return known[0]
    return folder / f"{quote(dataset.id or dataset.path.name, safe='')[:_LONGEST]}{end}"


def place_name(path: Path) -> str:
    """Name for a file that speaks of a path."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]


def bring_home(dataset: Dataset, state_dir: Path, at: Whereabouts) -> str:
    """Move a log that was written while the folder was read-only into the folder; a notice, or "" when there is none.

    Raises
    ------
    DamagedLog
        If that log does not check.
    NotWritable
        If it cannot be moved.
    """
    away = log_on_this_computer(dataset, state_dir)
    if at.log == away or not away.exists():
        return ""
    if at.log.exists():
        return f"Other decisions about this dataset, made while its folder was read-only, are in {away}."
    read_log(away)
    files.replace_file(at.log, away.read_bytes(), at.log.parent, like=at.like)
    with files.writing(away):
        away.rename(away.with_name(f"{away.name}.moved"))
    return f"Decisions made while the folder was read-only were moved from {away} to {at.log}."
