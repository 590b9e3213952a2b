"""Guards: short texts that change when the pipeline has rewritten the data.

Decisions and caches speak of certain cells; a guard says whether these are still the same. It looks at metadata and at
names, sizes and times of chunk files only, so that it costs milliseconds, and at nothing that we write ourselves.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from minian_web.errors import DataError

_METADATA = frozenset({".zarray", ".zattrs", "zarr.json"})


def guard_of(*paths: Path) -> str:
    """Guard of some array folders, or of single files (netCDF), together.

    Parameters
    ----------
    *paths
        Folders of zarr arrays (every file in them counts: metadata by content, chunks by name, size and time of
        change in nanoseconds) or files (size and time).

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    DataError
        If one of them is not there or cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            lines = sorted(_lines(path))
        except OSError as error:
            raise DataError(path, "readable data", f"{type(error).__name__}: {error.strerror}") from error
        digest.update(f"{path.name}\n".encode() + "\n".join(lines).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def _lines(path: Path) -> Iterator[str]:
    if path.is_dir():
        yield from _folder(path, "")
    else:
        state = path.stat()
        yield f"{state.st_size} {state.st_mtime_ns}"


def _folder(folder: Path | str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _folder(entry.path, f"{prefix}{entry.name}/")
                continue
            state = entry.stat()
            content = Path(entry.path).read_text("utf-8", "replace") if entry.name in _METADATA else ""
            yield f"{prefix}{entry.name} {state.st_size} {state.st_mtime_ns} {content}"
