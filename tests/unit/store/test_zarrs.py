from __future__ import annotations

import json

import numpy as np
import pytest

from minian_web.errors import DataError
from minian_web.store import zarrs
from tests import stores


@pytest.mark.parametrize(("make", "zarr_format"), [(stores.v2, 2), (stores.unconsolidated, 2), (stores.v3, 3)])
def test_metadata_of_an_array(tmp_path, make, zarr_format):
    meta = zarrs.array_meta(make(tmp_path) / "C.zarr" / "C")
    assert meta is not None
    assert meta.zarr_format == zarr_format
    assert meta.name == "C"
    assert meta.dims == ("unit_id", "frame")
    assert meta.shape == stores.results()["C"].shape
    assert meta.chunks == (1, 60)
    assert np.dtype(meta.dtype) == np.float64
    assert set(meta.coordinates) == {"animal", "session"}
    assert meta.document.is_file()


@pytest.mark.parametrize("make", [stores.v2, stores.v3])
def test_members_of_a_group(tmp_path, make):
    group = make(tmp_path, labels="identity") / "A.zarr"
    (group / ".minian-web-1.tmp").write_text("left over")
    (group / "half-written").mkdir()
    assert set(zarrs.members(group)) == {"A", "unit_id", "height", "width", "animal", "session", "unit_labels"}


def test_no_group(tmp_path):
    for path, found in ((tmp_path / "nothing", "nothing"), (tmp_path, "a folder without either")):
        with pytest.raises(DataError, match=found):
            zarrs.members(path)


def test_no_array(tmp_path):
    dataset = stores.v3(tmp_path)
    assert zarrs.array_meta(dataset / "A.zarr") is None, "a group"
    assert zarrs.array_meta(dataset) is None
    assert zarrs.array_meta(dataset / "nothing") is None


@pytest.mark.parametrize("make", [stores.v2, stores.v3])
def test_attributes_of_a_group(tmp_path, make):
    group = make(tmp_path) / "A.zarr"
    name = ".zattrs" if make is stores.v2 else "zarr.json"
    before = json.loads((group / name).read_text()) if (group / name).exists() else {}
    after = {"note": "x"} if make is stores.v2 else before | {"attributes": {"note": "x"}}
    (group / name).write_text(json.dumps(after))
    assert zarrs.group_attrs(group) == {"note": "x"}
    assert zarrs.group_attrs(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "{", "[1]", '"text"', "\xff\xfe"])
def test_documents_that_are_no_json_objects(tmp_path, text):
    path = tmp_path / ".zarray"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match="a JSON") as caught:
        zarrs.array_meta(tmp_path)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "document",
    [
        {"zarr_format": 2},
        {"zarr_format": 2, "shape": [2], "chunks": None, "dtype": "<f8"},
        {"zarr_format": 2, "shape": [2, 3], "chunks": [2], "dtype": "<f8"},
        {"zarr_format": 2, "shape": ["x"], "chunks": [2], "dtype": "<f8"},
    ],
)
def test_documents_that_are_no_arrays(tmp_path, document):
    (tmp_path / ".zarray").write_text(json.dumps(document))
    with pytest.raises(DataError, match="metadata of a zarr array"):
        zarrs.array_meta(tmp_path)


def test_a_codec_that_nobody_knows(tmp_path):
    path = stores.v2(tmp_path) / "C.zarr" / "C"
    document = json.loads((path / ".zarray").read_text()) | {"compressor": {"id": "unheard-of"}}
    (path / ".zarray").write_text(json.dumps(document))
    meta = zarrs.array_meta(path)
    assert meta is not None
    with pytest.raises(DataError) as caught:
        zarrs.read(meta)
    assert str(path) in str(caught.value)
