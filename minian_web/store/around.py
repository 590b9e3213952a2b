"""What lies around datasets: for pages that explain what is there and what is not."""

from __future__ import annotations

import os
from pathlib import Path

MOST_SWEEPS = 100
EXAMPLES = 4


def what_is_in(folder: Path) -> str:
    """Describe a folder in half a sentence, such as "is empty"."""
    try:
        with os.scandir(folder) as found:
            names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in found)
    except FileNotFoundError:
        return "does not exist"
    except NotADirectoryError:
        return "is a file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    visible = [name for name in names if not name.startswith(".")]
    if not visible:
        return "is empty"
    more = f" and {len(visible) - EXAMPLES} more" if len(visible) > EXAMPLES else ""
    return f"holds {', '.join(visible[:EXAMPLES])}{more}"


def sweeps(dataset: Path, root: Path) -> list[Path]:
    """Folders of parameter sweeps beside a dataset: named `sweep...`, one level down at most."""
    if not dataset.is_relative_to(root) or dataset == root:
        return []
    found: list[Path] = []
    for folder in (dataset.parent, *_folders(dataset.parent)):
        found += [one for one in _folders(folder) if one.name.startswith("sweep")]
    return sorted(set(found))[:MOST_SWEEPS]


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            return sorted(Path(one.path) for one in found if one.is_dir() and not one.name.endswith(".zarr"))
    except OSError:
        return []
