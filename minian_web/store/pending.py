"""List of datasets whose labels may not all be written, so that a start need not read all datasets."""

from __future__ import annotations

import json
from pathlib import Path

from minian_web.errors import DataError
from minian_web.store import files
from minian_web.store.whereabouts import place_name
from minian_web.store.zarrs import load_json

COMPLETE, IDENTITY = "complete", "identity"
_FOLDER = "unfinished"


def _entry(state_dir: Path, dataset: Path) -> Path:
    return state_dir / _FOLDER / f"{place_name(dataset)}.json"


def mark(state_dir: Path, dataset: Path, dataset_id: str, task: str = COMPLETE) -> None:
    """Put a dataset on the list, durably.

    Parameters
    ----------
    task
        `COMPLETE` what its log says, or write `IDENTITY` labels.

    Raises
    ------
    NotWritable
        If the state directory cannot be written.
    """
    entry = _entry(state_dir, dataset)
    content = {"path": str(dataset.resolve()), "id": dataset_id, "task": task}
    files.replace_file(entry, json.dumps(content).encode(), stage=_stage(entry))


def _stage(entry: Path) -> Path:
    files.make_folder(entry.parent)
    return entry.parent


def unmark(state_dir: Path, dataset: Path) -> None:
    """Take a dataset off the list."""
    files.unlink_file(_entry(state_dir, dataset))


def marked(state_dir: Path) -> list[tuple[Path, str, str]]:
    """Path, id and task of every dataset on the list; an entry that cannot be read is left out and removed."""
    found = []
    for entry in sorted((state_dir / _FOLDER).glob("*.json")):
        try:
            content = load_json(entry)
            found.append((Path(content["path"]), str(content["id"]), str(content["task"])))
        except (DataError, KeyError, FileNotFoundError):
            files.unlink_file(entry)  # cut short by a crash of its own making: its dataset is completed when opened
    return found
