"""A cache on disk of what takes long to compute; deletable at any time and never needed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_log = logging.getLogger(__name__)

_BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


class Cache:
    """Arrays by kind and guard.

    Parameters
    ----------
    folder
        Where they lie; made when first needed. None: nothing is kept.
    limit
        Bytes that they may take; those not used for the longest time go first.
    """

    def __init__(self, folder: Path | None, limit: int = 4 * 2**30) -> None:
        self.folder, self.limit = folder, limit

    def get(self, kind: str, guard: str) -> dict[str, np.ndarray] | None:
        """Arrays put under this kind and guard; None when there are none or they are damaged."""
        path = self._path(kind, guard)
        if path is None:
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            os.utime(path)
        except FileNotFoundError:
            return None
        except _BROKEN as error:
            _log.warning("%s: damaged cache entry, computed anew (%s)", path, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return arrays

    def put(self, kind: str, guard: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep arrays; a disk that cannot be written to is no error, they are computed again next time."""
        path = self._path(kind, guard)
        if path is None:
            return
        data = io.BytesIO()
        np.savez(data, **arrays)  # type: ignore[arg-type]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(len(data.getbuffer()))
            _replace(path, data)
        except OSError as error:
            _log.warning("%s: not cached (%s)", path, error)

    def get_json(self, kind: str, guard: str) -> Any:
        """What `put_json` has put there, None when nothing."""
        arrays = self.get(kind, guard)
        return None if arrays is None or "json" not in arrays else json.loads(str(arrays["json"][()]))

    def put_json(self, kind: str, guard: str, value: Any) -> None:
        """Keep anything that JSON can say."""
        self.put(kind, guard, {"json": np.array(json.dumps(value))})

    def _path(self, kind: str, guard: str) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / f"{kind}-{hashlib.sha256(guard.encode()).hexdigest()[:40]}.npz"

    def _make_room(self, size: int) -> None:
        assert self.folder is not None
        states = [(path.stat(), path) for path in self.folder.glob("*.npz")]
        total = size + sum(state.st_size for state, _ in states)
        for state, path in sorted(states, key=lambda item: item[0].st_mtime):
            if total <= self.limit:
                return
            path.unlink(missing_ok=True)
            total -= state.st_size


def _replace(path: Path, data: io.BytesIO) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.getbuffer())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
