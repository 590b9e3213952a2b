from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

from minian_web.errors import DataError
from minian_web.store import direct, zarrs
from tests.stores import chunk_files

SHAPE, CHUNKS = (7, 9, 5), (3, 4, 5)
VALUES = np.random.default_rng(0).integers(0, 200, SHAPE)

ENCODINGS: dict[str, dict[str, Any]] = {
    "v2 blosc": {"zarr_format": 2, "compressors": numcodecs.Blosc("lz4", 5, 1), "fill_value": None},
    "v2 plain": {"zarr_format": 2, "compressors": None, "fill_value": 0},
    "v2 zlib": {"zarr_format": 2, "compressors": numcodecs.Zlib()},
    "v3 zstd": {"zarr_format": 3, "compressors": ZstdCodec()},
    "v3 blosc": {"zarr_format": 3, "compressors": BloscCodec(cname="lz4")},
    "v3 gzip": {"zarr_format": 3, "compressors": GzipCodec()},
    "v3 plain": {"zarr_format": 3, "compressors": None},
}
UNUSUAL: dict[str, dict[str, Any]] = {
    "v2 filter": {"zarr_format": 2, "filters": [numcodecs.Delta("<i4")]},
    "v2 order F": {"zarr_format": 2, "order": "F", "config": {"order": "F"}},
    "v3 shards": {"zarr_format": 3, "shards": (6, 8, 5)},
}


def written(path: Path, options: dict[str, Any], dtype: str = "<i4") -> zarrs.ArrayMeta:
    array = zarr.create_array(path, shape=SHAPE, chunks=CHUNKS, dtype=dtype, **options)
    array[...] = VALUES.astype(dtype)
    meta = zarrs.array_meta(path)
    assert meta is not None
    return meta


@pytest.mark.parametrize("dtype", ["<i4", "<f8", "|u1", "<f4"])
@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS)
def test_the_usual_encodings_are_read_directly(tmp_path, options, dtype):
    meta = written(tmp_path / "x", options, dtype)
    values = direct.read_direct(meta, ())
    assert values is not None
    assert values.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(values, VALUES)


@pytest.mark.parametrize("options", UNUSUAL.values(), ids=UNUSUAL)
def test_the_unusual_is_left_to_zarr_and_read_all_the_same(tmp_path, options):
    meta = written(tmp_path / "x", options)
    assert direct.read_direct(meta, ()) is None
    np.testing.assert_array_equal(zarrs.read(meta), VALUES)
    np.testing.assert_array_equal(zarrs.read(meta, (slice(2, 5), np.array([8, 0]))), VALUES[2:5, [8, 0]])


def test_big_endian_v2(tmp_path):
    meta = written(tmp_path / "x", ENCODINGS["v2 blosc"], ">i4")
    np.testing.assert_array_equal(zarrs.read(meta, (slice(1, 6),)), VALUES[1:6])


PART = {
    size: st.one_of(
        st.integers(-size, size - 1),
        st.slices(size).filter(lambda part: part.step in (None, 1)),
        st.just(slice(None)),
    )
    for size in SHAPE
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.tuples(*[PART[size] for size in SHAPE]), st.integers(0, 3), st.lists(st.integers(0, 6), max_size=9))
def test_any_part_equals_that_of_numpy(tmp_path, index, length, positions):
    if not (tmp_path / "x").exists():
        written(tmp_path / "x", ENCODINGS["v2 blosc"])
    meta = zarrs.array_meta(tmp_path / "x")
    assert meta is not None
    part = index[:length]
    np.testing.assert_array_equal(direct.read_direct(meta, part), VALUES[part])
    taken = VALUES[np.array(positions, int)]
    rest = (slice(None), *part[1:])
    np.testing.assert_array_equal(direct.read_direct(meta, (np.array(positions, int), *part[1:])), taken[rest])


def test_steps_are_left_to_zarr(tmp_path):
    meta = written(tmp_path / "x", ENCODINGS["v2 blosc"])
    np.testing.assert_array_equal(zarrs.read(meta, (slice(None, None, 3),)), VALUES[::3])


@pytest.mark.parametrize("part", [7, -8, np.array([1, 7])])
def test_positions_outside_are_refused(tmp_path, part):
    meta = written(tmp_path / "x", ENCODINGS["v2 blosc"])
    with pytest.raises(IndexError, match=r"0\.\.6"):
        zarrs.read(meta, (part,))


@pytest.mark.parametrize("fill", [0, 4.5, "NaN", "Infinity"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_absent_chunks_hold_the_fill_value(tmp_path, zarr_format, fill):
    path = tmp_path / "x"
    zarr.create_array(path, shape=SHAPE, chunks=CHUNKS, dtype="f8", fill_value=float(fill), zarr_format=zarr_format)
    meta = zarrs.array_meta(path)
    assert meta is not None
    assert meta.raw["fill_value"] == fill
    np.testing.assert_array_equal(direct.read_direct(meta, ()), np.full(SHAPE, float(fill)))
    np.testing.assert_array_equal(direct.read_direct(meta, (2, slice(1, 3))), np.full((2, 5), float(fill)))


@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("cut", [1, 5, 10_000])
def test_a_chunk_cut_short_is_named(tmp_path, options, cut):
    meta = written(tmp_path / "x", options)
    chunk = chunk_files(tmp_path / "x")[2]
    chunk.write_bytes(chunk.read_bytes()[:-cut])
    with pytest.raises(DataError) as caught:
        zarrs.read(meta)
    assert caught.value.path == chunk
    np.testing.assert_array_equal(zarrs.read(meta, (0, slice(0, 4))), VALUES[0, :4])


@pytest.mark.parametrize("options", UNUSUAL.values(), ids=UNUSUAL)
def test_a_chunk_cut_short_is_named_when_zarr_reads_it(tmp_path, options):
    meta = written(tmp_path / "x", options)
    chunk = chunk_files(tmp_path / "x")[1]
    chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(DataError) as caught:
        zarrs.read(meta)
    assert caught.value.path == chunk


def test_an_unreadable_chunk_is_named(tmp_path):
    meta = written(tmp_path / "x", ENCODINGS["v2 blosc"])
    chunk = chunk_files(tmp_path / "x")[0]
    chunk.unlink()
    chunk.mkdir()
    with pytest.raises(DataError, match="a readable chunk file") as caught:
        zarrs.read(meta)
    assert caught.value.path == chunk


@pytest.mark.parametrize(
    ("key", "value"), [("compressor", {"id": "unheard-of"}), ("fill_value", "AAAA"), ("dtype", [["a", "<i4"]])]
)
def test_unknown_encodings_are_not_guessed(tmp_path, key, value):
    written(tmp_path / "x", ENCODINGS["v2 blosc"])
    document = tmp_path / "x" / ".zarray"
    document.write_text(json.dumps(json.loads(document.read_text()) | {key: value}))
    meta = zarrs.array_meta(tmp_path / "x")
    assert meta is not None
    assert meta.encoding is None
