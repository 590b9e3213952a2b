"""Runs of pipeline steps, saved beside a dataset and never inside what minian reads; and sweeps that others saved.

A run is a folder `minian_web_runs/<dataset>.<step>.<time>` with `run.json` and one folder of zarr groups for each
combination of parameters. It becomes visible by one rename. The names do not end like a dataset's, since minian
searches folders for such.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minian_web.errors import BadRequest, DataError, MinianWebError
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.store.around import sweeps
from minian_web.store.containers import open_container
from minian_web.store.files import make_folder, replace_file, sync_folder, writing
from minian_web.store.layout import write_dataset
from minian_web.store.pipeline_source import as_xarray

__all__ = ["SavedRun", "delete_run", "open_run", "runs_of_dataset", "save_run"]

FOLDER = "minian_web_runs"
NOTE = "run.json"
VERSION = 1
_PAIR = re.compile(r"([^=,]+)=([^,]*)")


@dataclass(frozen=True)
class SavedRun:
    """A run on disk.

    Attributes
    ----------
    name
        Name of its folder, for a sweep relative to the folder of the dataset.
    path
        The folder.
    step
        Step that it is of.
    made
        When, UTC, as text; empty for a sweep of others.
    ours
        Whether it was saved here and may be deleted here.
    """

    name: str
    path: Path
    step: str
    made: str
    ours: bool


def save_run(dataset: Path, step: str, outcomes: Sequence[Outcome], reviewer: str = "") -> SavedRun:
    """Save outcomes with their parameters beside a dataset.

    Raises
    ------
    BadRequest
        If there is nothing to save.
    NotWritable
        If the disk refuses; nothing of the run is then visible.
    """
    if not any(one.arrays for one in outcomes):
        raise BadRequest("there is no result to save")
    folder = dataset.parent / FOLDER
    made = datetime.now(UTC)
    name = f"{dataset.name}.{step}.{made:%Y%m%d-%H%M%S-%f}"[:-3]
    stage = folder / f".{uuid.uuid4().hex}.tmp"
    with writing(folder / name):
        make_folder(folder, dataset.parent)
        make_folder(stage, dataset.parent)
        try:
            for number, one in enumerate(outcomes):
                if one.arrays:
                    write_dataset(stage / str(number), one.arrays)
            note = _note(dataset, step, made, outcomes, reviewer)
            replace_file(stage / NOTE, json.dumps(note, indent=1).encode(), stage)
            os.rename(stage, folder / name)
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
        sync_folder(folder)
    return SavedRun(name, folder / name, step, note["made"], True)


def _note(dataset: Path, step: str, made: datetime, outcomes: Sequence[Outcome], reviewer: str) -> dict[str, Any]:
    parts = [
        {"parameters": one.combination, "facts": list(one.facts), "error": one.error, "arrays": sorted(one.arrays)}
        for one in outcomes
    ]
    return {
        "format": "minian-web run",
        "version": VERSION,
        "step": step,
        "dataset": dataset.name,
        "made": made.isoformat(timespec="seconds"),
        "reviewer": reviewer,
        "outcomes": parts,
    }


def runs_of_dataset(dataset: Path, root: Path) -> list[SavedRun]:
    """Give all runs beside a dataset, the newest first, then the sweeps of others."""
    folder = dataset.parent / FOLDER
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir(), reverse=True):
            parts = path.name.removeprefix(f"{dataset.name}.").split(".")
            if path.name.startswith(f"{dataset.name}.") and len(parts) == 2 and (path / NOTE).is_file():
                found.append(SavedRun(path.name, path, parts[0], parts[1], True))
    found.sort(key=lambda one: one.made, reverse=True)
    others = ((path, _step_of(path)) for path in sweeps(dataset, root))
    names = ((path.relative_to(dataset.parent).as_posix(), path, step) for path, step in others if step)
    return [*found, *(SavedRun(name, path, step, "", False) for name, path, step in names)]


def _step_of(sweep: Path) -> str:
    """Step of a sweep, by the variables of its first run."""
    for one in _combinations(sweep):
        names = {group.stem for group in one.glob("*.zarr")}
        if {"YrA", "C", "S"} <= names:
            return "temporal"
        return "spatial" if {"A", "C"} <= names else ""
    return ""


def _combinations(sweep: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return [one for one in sorted(sweep.iterdir()) if one.is_dir() and _PAIR.match(one.name)]
    return []


def open_run(run: SavedRun, section: str = "parameters") -> list[Outcome]:
    """Read the outcomes of a run.

    Parameters
    ----------
    section
        Name under which the parameters of a sweep are given.

    Raises
    ------
    DataError
        If it is not what was saved.
    """
    if not run.ours:
        return [_of_sweep(run, one, section) for one in _combinations(run.path)]
    try:
        note = json.loads((run.path / NOTE).read_text(encoding="utf-8"))
        return [_of_note(run, number, one) for number, one in enumerate(note["outcomes"])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(run.path / NOTE, "the note of a saved run", f"{type(error).__name__}: {error}") from error


def _of_note(run: SavedRun, number: int, one: dict[str, Any]) -> Outcome:
    arrays = {}
    if one["arrays"]:
        container = open_container(run.path / str(number))
        arrays = {name: as_xarray(container.variable(name)) for name in one["arrays"]}
    combination = {str(section): dict(values) for section, values in one["parameters"].items()}
    return Outcome(combination, arrays, tuple(map(str, one["facts"])), str(one["error"]), run.name)


def _of_sweep(run: SavedRun, path: Path, section: str) -> Outcome:
    combination = {section: {name: _value(text) for name, text in _PAIR.findall(path.name)}}
    try:
        container = open_container(path)
        arrays = {name: as_xarray(container.variable(name)) for name in container.variables}
    except MinianWebError as error:
        return Outcome(combination, error=str(error), origin=run.name)
    return Outcome(combination, arrays, origin=run.name)


def _value(text: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def delete_run(run: SavedRun) -> None:
    """Delete a run that was saved here.

    Raises
    ------
    BadRequest
        If it was not.
    NotWritable
        If the disk refuses.
    """
    if not run.ours or run.path.parent.name != FOLDER or not (run.path / NOTE).is_file():
        raise BadRequest(f"{run.name} was not saved here and is not deleted")
    gone = run.path.parent / f".{uuid.uuid4().hex}.tmp"
    with writing(run.path):
        os.rename(run.path, gone)
        shutil.rmtree(gone, ignore_errors=True)
