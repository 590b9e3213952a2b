"""Files that pages have made: those to be downloaded, and where others lie beside the data."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minian_web.errors import DatasetNotFound
from minian_web.model.curated import Cells, cells
from minian_web.model.keys import Key
from minian_web.store.containers import is_group

if TYPE_CHECKING:
    from minian_web.model.decisions import Decisions
    from minian_web.store.datasets import Dataset

__all__ = ["Made", "curated_cells", "place_for"]

_KEPT = 8


class Made:
    """The last few files made for download, each under a name that nobody can guess; gone with the process."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._files: dict[str, tuple[Path, str]] = {}
        self._lock = threading.Lock()

    def folder(self) -> Path:
        """Folder for files in the making; made when first needed."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="minian-web-"))
            return self._folder

    def keep(self, path: Path, name: str) -> str:
        """Offer a file for download under a file name; gives the token to ask for it by."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._files[token] = path, name
            while len(self._files) > _KEPT:
                old = next(iter(self._files))
                self._files.pop(old)[0].unlink(missing_ok=True)
        return token

    def find(self, token: str) -> tuple[Path, str]:
        """Path and file name.

        Raises
        ------
        DatasetNotFound
            If there is no such file any more.
        """
        with self._lock:
            if token not in self._files:
                raise DatasetNotFound("This file is no longer kept; make it again.")
            return self._files[token]

    def close(self) -> None:
        """Remove all files."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(self._folder)


def place_for(path: Path) -> Path:
    """Folder beside or in a dataset for files that are no arrays: minian takes no notice of plain files there."""
    return path if path.is_dir() and not is_group(path) else path.parent


def curated_cells(dataset: Dataset, key: Key, decisions: Decisions | None) -> Cells:
    """Cells of a session: all units as they are, or as `decisions` has them, discarded ones left out."""
    footprints = dataset.footprints(key)
    ids = footprints.unit_ids
    labels = None
    if decisions is not None:
        labels = decisions.labels_array[[decisions.position(int(unit)) for unit in ids]].astype(np.float64)
    return cells(ids, footprints.of, dataset.traces("C", ids, key), footprints.shape, labels)
