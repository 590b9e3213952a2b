from __future__ import annotations

import json

import dask.array
import numpy as np
import pytest
import xarray as xr
import zarr

from minian_web.errors import NotWritable
from minian_web.store.layout import chunk_shape, write_dataset
from tests import stores
from tests.paths import ANIMAL1


def metadata(group):
    """What the arrays of a group say of themselves, without what zarr 2 and 3 spell differently."""
    described = {}
    for path in sorted(group.glob("*/.zarray")):
        array = json.loads(path.read_text())
        array.pop("dimension_separator", None)
        text = array["dtype"].startswith("<U")
        array |= {"shape": None, "chunks": None, "dtype": "<U" if text else array["dtype"]}
        described[path.parent.name] = (array, json.loads((path.parent / ".zattrs").read_text()))
    return described


@pytest.mark.parametrize("name", ["A", "C", "S", "b", "b0", "c0", "f", "max_proj", "motion"])
def test_groups_are_those_that_minian_writes(tmp_path, name):
    ours = stores.v2(tmp_path, labels="identity") / f"{name}.zarr"
    theirs = ANIMAL1 / "session1" / "minian" / f"{name}.zarr"
    assert metadata(ours) == metadata(theirs)
    assert sorted(p.name for p in ours.iterdir()) == sorted(p.name for p in theirs.iterdir())
    assert (ours / ".zattrs").read_text().split() == (theirs / ".zattrs").read_text().split()


@pytest.mark.parametrize("name", ["A", "C", "S", "b", "f", "max_proj", "motion"])
def test_chunks_are_those_that_minian_chooses(name):
    array = json.loads((ANIMAL1 / "session1" / "minian" / f"{name}.zarr" / name / ".zarray").read_text())
    attrs = json.loads((ANIMAL1 / "session1" / "minian" / f"{name}.zarr" / name / ".zattrs").read_text())
    assert chunk_shape(name, tuple(attrs["_ARRAY_DIMENSIONS"]), tuple(array["shape"])) == tuple(array["chunks"])


def test_chunks_of_movies():
    dims = ("frame", "height", "width")
    assert chunk_shape("varr", dims, (20_000, 608, 608)) == (86, 608, 608)
    assert chunk_shape("varr", dims, (40, 608, 608)) == (40, 608, 608)
    assert chunk_shape("Y_hw_chk", dims, (20_000, 608, 600)) == (20_000, 256, 256)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("form", ["groups", "group", "netcdf"])
def test_values_come_back(tmp_path, form, zarr_format):
    variables = stores.results("s1", {10: -1})
    path = write_dataset(tmp_path / "minian", variables, form=form, zarr_format=zarr_format)
    for name, array in variables.items():
        xr.testing.assert_identical(_read(path, form, name).drop_attrs(), array.drop_attrs())


def _read(path, form, name):
    if form == "netcdf":
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            return opened[name].load()
    with stores.quiet():
        opened = xr.open_zarr(path if form == "group" else path / f"{name}.zarr", consolidated=False, chunks=None)
        return opened[name].load()


def test_labels_and_metadata_are_coordinates_not_variables(tmp_path):
    dataset = stores.v2(tmp_path, labels="identity")
    for name in ("A", "C", "S", "b0", "c0", "YrA"):
        group = xr.open_zarr(dataset / f"{name}.zarr")
        assert list(group.data_vars) == [name]
        assert set(group.coords) >= {"unit_labels", "animal", "session"}


def test_dask_arrays_are_written_chunk_by_chunk(tmp_path):
    blocks = []

    def block(block_info=None):
        place = block_info[None]["chunk-location"]
        blocks.append(place)
        return np.full(block_info[None]["chunk-shape"], place[0], np.float32)

    data = dask.array.map_blocks(block, chunks=((4, 4, 2), (5,), (6,)), dtype=np.float32, meta=np.empty((0, 0, 0)))
    movie = xr.DataArray(data, dims=("frame", "height", "width"), coords={"frame": np.arange(10)})
    write_dataset(tmp_path / "m", {"varr": movie}, chunks={"varr": (4, 5, 6)})
    assert sorted(blocks) == [(0, 0, 0), (1, 0, 0), (2, 0, 0)]
    assert stores.stored(tmp_path / "m" / "varr.zarr" / "varr")[:, 0, 0].tolist() == [0] * 4 + [1] * 4 + [2] * 2


def test_empty_chunks_are_absent_only_when_asked(tmp_path):
    stores.absent_chunks(tmp_path)
    varr = tmp_path / "minian_intermediate" / "varr.zarr" / "varr"
    assert [p.name for p in stores.chunk_files(varr)] == ["0.0.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0"]
    assert not stores.stored(varr)[10:20].any()
    whole = stores.v2(tmp_path / "other")
    assert len(stores.chunk_files(whole / "A.zarr" / "A")) == stores.results()["A"].sizes["unit_id"]


def test_chunks_can_be_left_to_the_caller(tmp_path):
    movie = xr.DataArray(dask.array.zeros((10**6, 5, 6), np.uint8), dims=("frame", "height", "width"))
    write_dataset(tmp_path, {"varr": movie.assign_coords(frame=np.arange(10**6))}, without_chunks=["varr"])
    assert stores.chunk_files(tmp_path / "varr.zarr" / "varr") == []
    assert stores.stored(tmp_path / "varr.zarr" / "frame")[-1] == 10**6 - 1


@pytest.mark.parametrize(("form", "existing"), [("groups", "C.zarr"), ("group", ""), ("netcdf", "")])
def test_nothing_is_overwritten(tmp_path, form, existing):
    target = tmp_path / "minian"
    (target / existing).mkdir(parents=True)
    with pytest.raises(NotWritable, match="exists already"):
        write_dataset(target, stores.results(), form=form)


def test_unconsolidated_has_no_consolidated_metadata(tmp_path):
    stores.unconsolidated(tmp_path / "one")
    stores.v3(tmp_path / "two")
    stores.v3(tmp_path / "three", consolidated=True)
    assert not list((tmp_path / "one").rglob(".zmetadata"))
    groups = {
        name: json.loads((tmp_path / name / "minian" / "A.zarr" / "zarr.json").read_text()) for name in ("two", "three")
    }
    assert groups["two"].get("consolidated_metadata") is None
    assert "A" in groups["three"]["consolidated_metadata"]["metadata"]


def test_stale_metadata_do_read_wrong(tmp_path):
    right = stores.results()["max_proj"].values
    silent = stores.stale_metadata(tmp_path / "silent") / "max_proj.zarr"
    assert not np.array_equal(zarr.open_consolidated(silent)["max_proj"][...], right)
    assert np.array_equal(stores.stored(silent / "max_proj"), right)
    loud = stores.stale_metadata(tmp_path / "loud", raises=True) / "max_proj.zarr"
    with pytest.raises((RuntimeError, ValueError)):
        zarr.open_consolidated(loud)["max_proj"][...]


def test_merged_sessions_are_padded_with_nan():
    variables = stores.merged_variables(labels=True)
    assert variables["A"].dims[:2] == ("animal", "session")
    units = variables["A"].isnull().all(["height", "width"])
    assert units.any()
    assert not units.all()
    labels = variables["C"]["unit_labels"]
    assert labels.dtype == np.float64
    assert np.array_equal(labels.isnull(), units.transpose(*labels.dims))
