"""What minian does when it opens datasets, written from its behaviour; and a look after every step of a write."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path

import xarray as xr

from minian_web.store import files


def open_minian(path: Path, opened: dict | None = None, **options) -> xr.Dataset:
    """Every directory is opened as a zarr store, its first data variable taken, and all are merged.

    `opened` keeps what was opened before, so that after a step only the group that changed is opened again.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if (path / ".zgroup").exists() or (path / "zarr.json").exists():
            return xr.open_zarr(path, chunks=None, **options)
        folders = [path / name for name in sorted(os.listdir(path)) if (path / name).is_dir()]
        arrays = [_first(folder, {} if opened is None else opened, options) for folder in folders]
        return xr.merge(arrays, compat="no_conflicts", join="outer")


def _first(folder: Path, opened: dict, options: dict) -> xr.DataArray:
    state = (folder, str(options), tuple(_files(folder)))
    if state not in opened:
        group = xr.open_zarr(folder, chunks=None, **options)
        assert len(group.data_vars) == 1, f"{folder.name} shows {list(group.data_vars)}"
        opened[state] = next(iter(group.values())).load()
    return opened[state]


def _files(folder: Path):
    for path in [*folder.glob("*"), *(folder / "unit_labels").rglob("*")]:
        if path.is_file():
            yield path.name, path.stat().st_ino, path.stat().st_mtime_ns


def open_minian_mf(paths, dims=("animal", "session")) -> xr.Dataset:
    """All sessions are opened and concatenated along each dimension, the last one first."""
    opened = {tuple(str(one[dim].values) for dim in dims): one for one in map(open_minian, paths)}
    return _concatenated(opened, list(dims))


def _concatenated(opened, dims):
    if not dims:
        (one,) = opened.values()
        return one
    firsts = sorted({key[0] for key in opened})
    parts = [
        _concatenated({key[1:]: one for key, one in opened.items() if key[0] == first}, dims[1:]) for first in firsts
    ]
    return xr.concat(parts, dim=dims[0], join="outer", data_vars="all", coords="different", compat="equals")


def labels_of(dataset: xr.Dataset):
    """Label by unit id; None when there are no labels."""
    if "unit_labels" not in dataset.coords:
        return None
    return dict(zip(dataset["unit_id"].values.tolist(), dataset["unit_labels"].values.tolist(), strict=True))


@contextlib.contextmanager
def after_every_step(monkeypatch, look):
    """Call `look` whenever a file was replaced or removed."""
    with monkeypatch.context() as patched:
        for name in ("replace_file", "unlink_file"):
            patched.setattr(files, name, _followed(getattr(files, name), look))
        yield


def _followed(function, look):
    def call(*args, **options):
        function(*args, **options)
        look()

    return call


class Stop(Exception):
    """Stands for a kill between two steps."""


@contextlib.contextmanager
def killed_after(monkeypatch, steps: int):
    """Stop after so many files were replaced or removed."""
    done = 0

    def count():
        nonlocal done
        done += 1
        if done >= steps:
            raise Stop

    with after_every_step(monkeypatch, count), contextlib.suppress(Stop):
        yield
