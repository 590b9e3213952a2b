from __future__ import annotations

import numpy as np
import pytest
import zarr

from minian_web.store import chunks
from minian_web.store.zarrs import ArrayMeta, array_meta
from tests.stores import chunk_files


def meta_of(path, **options) -> ArrayMeta:
    array = zarr.create_array(path, shape=(5, 6), chunks=(2, 6), dtype="i4", **options)
    array[...] = np.arange(30).reshape(5, 6)
    meta = array_meta(path)
    assert meta is not None
    return meta


@pytest.mark.parametrize(
    "options",
    [
        {"zarr_format": 2},
        {"zarr_format": 2, "chunk_key_encoding": {"name": "v2", "separator": "/"}},
        {"zarr_format": 3},
        {"zarr_format": 3, "chunk_key_encoding": {"name": "default", "separator": "."}},
        {"zarr_format": 3, "chunk_key_encoding": {"name": "v2", "separator": "."}},
    ],
)
def test_paths_are_those_of_zarr(tmp_path, options):
    meta = meta_of(tmp_path / "x", **options)
    named = [chunks.chunk_path(meta, place) for place in chunks.touched(meta, ())]
    assert sorted(named) == chunk_files(tmp_path / "x")
    assert len(named) == 3


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_path_of_a_scalar(tmp_path, zarr_format):
    zarr.create_array(tmp_path / "x", data=np.array(3.0), zarr_format=zarr_format)
    meta = array_meta(tmp_path / "x")
    assert meta is not None
    assert chunks.chunk_path(meta, ()).read_bytes()


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ((), [0, 1, 2]),
        ((slice(0, 2),), [0]),
        ((slice(1, 3),), [0, 1]),
        ((-1,), [2]),
        ((np.array([4, 0, 1]),), [0, 2]),
        ((slice(3, 3),), []),
        ((slice(None, None, -4),), [0, 1, 2]),
    ],
)
def test_touched(tmp_path, index, expected):
    meta = meta_of(tmp_path / "x", zarr_format=2)
    assert [place[0] for place in chunks.touched(meta, index)] == expected


def test_first_bad(tmp_path):
    meta = meta_of(tmp_path / "x", zarr_format=2)
    assert chunks.first_bad(meta) is None
    bad = chunk_files(tmp_path / "x")[1]
    bad.write_bytes(b"")
    assert chunks.first_bad(meta) == bad
    assert chunks.first_bad(meta, (0,)) is None
