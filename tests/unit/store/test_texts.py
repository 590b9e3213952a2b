from __future__ import annotations

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

from minian_web.errors import DataError
from minian_web.store.texts import as_str, is_text, read_texts
from minian_web.store.zarrs import array_meta
from tests.stores import chunk_files, quiet

TEXTS = np.array(["session1", "s2", "", "Größe µm"])

KINDS = {
    "v2 fixed": {"zarr_format": 2, "compressors": None, "dtype": "<U8"},
    "v2 fixed blosc": {"zarr_format": 2, "compressors": numcodecs.Blosc(), "dtype": "<U8"},
    "v2 big endian": {"zarr_format": 2, "compressors": None, "dtype": ">U8"},
    "v2 object": {"zarr_format": 2, "dtype": str},
    "v3 fixed": {"zarr_format": 3, "compressors": ZstdCodec(), "dtype": "<U8"},
    "v3 fixed blosc": {"zarr_format": 3, "compressors": BloscCodec(), "dtype": "<U8"},
    "v3 fixed plain": {"zarr_format": 3, "compressors": None, "dtype": "<U8"},
    "v3 variable": {"zarr_format": 3, "dtype": str},
}


def written(path, values, **options):
    with quiet():
        array = zarr.create_array(path, shape=values.shape, **options)
        array[...] = values.astype(object) if options["dtype"] is str else values
    meta = array_meta(path)
    assert meta is not None
    assert is_text(meta)
    return meta


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_every_kind_without_a_warning(tmp_path, options):
    assert read_texts(written(tmp_path / "many", TEXTS, **options)).tolist() == TEXTS.tolist()
    one = read_texts(written(tmp_path / "one", np.array("session1"), **options))
    assert one.shape == ()
    assert one[()] == "session1"


def test_bytes(tmp_path):
    meta = written(tmp_path / "x", np.array([b"a1", b"a2"]), zarr_format=2, compressors=None, dtype="|S4")
    assert read_texts(meta).tolist() == ["a1", "a2"]


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_several_chunks_are_left_to_zarr(tmp_path, zarr_format):
    meta = written(tmp_path / "x", TEXTS, zarr_format=zarr_format, dtype="<U8", chunks=(3,))
    assert read_texts(meta).tolist() == TEXTS.tolist()


def test_an_absent_chunk_is_empty_text(tmp_path):
    meta = written(tmp_path / "x", TEXTS, zarr_format=2, dtype="<U8", compressors=None)
    chunk_files(tmp_path / "x")[0].unlink()
    assert read_texts(meta).tolist() == ["", "", "", ""]


@pytest.mark.parametrize("name", ["v2 fixed", "v2 fixed blosc", "v3 fixed", "v2 object", "v3 variable"])
def test_a_chunk_cut_short_is_named(tmp_path, name):
    meta = written(tmp_path / "x", TEXTS, **KINDS[name])
    chunk = chunk_files(tmp_path / "x")[0]
    chunk.write_bytes(chunk.read_bytes()[:-3])
    with pytest.raises(DataError) as caught:
        read_texts(meta)
    assert caught.value.path == chunk


def test_numbers_are_no_text(tmp_path):
    for zarr_format in (2, 3):
        zarr.create_array(tmp_path / str(zarr_format), shape=(2,), dtype="i8", zarr_format=zarr_format)
        meta = array_meta(tmp_path / str(zarr_format))
        assert meta is not None
        assert not is_text(meta)


def test_as_str():
    assert as_str(np.array([b"a\xff", "b", 3], object)).tolist() == ["a\ufffd", "b", "3"]
