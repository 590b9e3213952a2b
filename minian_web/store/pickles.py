"""Tables that minian's notebook pickled (cents.pkl, mappings.pkl), read without running anything of theirs.

A pickle is a program. It is read by a process of its own, with limits on memory, time and files, that looks up nothing
outside of an exact allow-list; what comes back is JSON. This is mitigation, not proof; so it is done once: what was
read is kept in the cache, by the file's size and time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minian_web.errors import DataError
from minian_web.store.cache import Cache

KIND = "pickle-1"
PATIENCE = 60.0  # seconds by the clock; the child has its own limit of processor time
LARGEST_ANSWER = 256 * 2**20
_CHILD = Path(__file__).with_name("pickle_child.py")


@dataclass(frozen=True)
class Table:
    """A table of plain values.

    Attributes
    ----------
    columns
        Name of each column, as a tuple of its levels.
    values
        The columns: numbers, text, tuples as lists; None for what is missing or none of these.
    """

    columns: tuple[tuple[str, ...], ...]
    values: tuple[list[Any], ...]

    def __len__(self) -> int:
        return len(self.values[0]) if self.values else 0


def read_tables(paths: Sequence[Path], cache: Cache | None = None) -> list[Table]:
    """Read pickled tables.

    Raises
    ------
    DataError
        If a file is not there, is cut short, holds something else than a table, or asks for anything that a table
        does not need; nothing of it was run.
    """
    kept = cache or Cache(None)
    found = {path: kept.get_json(KIND, _stamp(path)) for path in paths}
    missing = [path for path, content in found.items() if content is None]
    if missing:
        for path, content in zip(missing, _read(missing), strict=True):
            found[path] = content
            kept.put_json(KIND, _stamp(path), content)
    return [
        Table(tuple(tuple(name) for name in found[path]["columns"]), tuple(found[path]["values"])) for path in paths
    ]


def _stamp(path: Path) -> str:
    try:
        state = path.stat()
    except OSError as error:
        raise DataError(path, "a pickled table", error.strerror or "nothing") from error
    return f"{path.resolve()} {state.st_size} {state.st_mtime_ns} {state.st_ino}"


def _read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PATH": os.defpath}
    command = [sys.executable, "-I", "-B", str(_CHILD), *(str(path.resolve()) for path in paths)]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=PATIENCE, env=environment, cwd="/", check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(
            paths[0], "a pickled table that can be read in time", f"still busy after {PATIENCE:g} s"
        ) from error
    if ended.returncode:
        path, _, reason = ended.stderr.decode("utf-8", "replace").rpartition("\0")
        killed = f"the reading process was ended by signal {-ended.returncode}" if ended.returncode < 0 else ""
        raise DataError(Path(path) if path else paths[0], "a pickled table of minian", killed or reason.strip()[-600:])
    if len(ended.stdout) > LARGEST_ANSWER:
        raise DataError(paths[0], "a table of cells", f"{len(ended.stdout)} bytes")
    return [json.loads(line) for line in ended.stdout.decode().splitlines()]
