from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import zarr

from minian_web.errors import BadRequest, NotWritable
from minian_web.store import exports
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from minian_web.store.masks import Box, save_mask
from minian_web.store.movies import find_movies
from tests import stores


def curated(tmp_path, path=None):
    dataset = open_dataset(path or stores.v2(tmp_path, with_movies=True), "data/minian")
    return open_curation(dataset, state_dir=tmp_path / "state")


def units(curation):
    return curation.dataset.stored_units.tolist()


@pytest.fixture
def decided(tmp_path):
    """Units of a small dataset: 0 and 2 one cell, 1 discarded, 3 kept, the rest undecided."""
    curation = curated(tmp_path)
    ids = units(curation)
    curation.act("merge", [ids[0], ids[2]], reviewer="ann")
    curation.act("discard", [ids[1]], reviewer="bob")
    curation.act("keep", [ids[3], ids[4]], reviewer="=ann()")
    curation.act("keep", [ids[5]], reviewer="ann")
    curation.undo(reviewer="ann")
    curation.act("reset", [ids[4]], reviewer="bob")
    return curation


def test_csv_has_a_row_for_each_unit_in_stored_order(decided):
    table = pd.read_csv(io.BytesIO(exports.label_csv(decided)))
    assert tuple(table.columns) == exports.COLUMNS
    assert table["unit_id"].tolist() == units(decided)
    assert table["session"].unique().tolist() == ["s1"]


def test_statuses_and_labels(decided):
    ids = units(decided)
    table = exports.label_table(decided).set_index("unit_id")
    cell = min(ids[0], ids[2])
    assert table.loc[[ids[0], ids[2]], "unit_label"].tolist() == [cell, cell]
    assert table.loc[ids[:6], "status"].tolist() == ["merged", "discarded", "merged", "kept", "undecided", "undecided"]
    assert table.loc[ids[1], "unit_label"] == -1
    assert table.loc[cell, "merged_into"] == ""
    assert table.loc[max(ids[0], ids[2]), "merged_into"] == cell


def test_acceptance_of_an_undecided_unit_is_empty_not_false(decided):
    ids = units(decided)
    table = pd.read_csv(io.BytesIO(exports.label_csv(decided)), keep_default_na=False, dtype=str).set_index("unit_id")
    assert table.loc[[str(unit) for unit in ids[:5]], "is_accepted"].tolist() == ["True", "False", "True", "True", ""]


def test_who_and_when(decided):
    ids = units(decided)
    table = exports.label_table(decided).set_index("unit_id")
    assert table.loc[ids[0], "reviewer"] == "ann"
    assert table.loc[ids[1], "reviewer"] == "bob"
    assert table.loc[ids[1], "time"] == decided.history()[1].time
    assert (table.loc[ids[4:], ["reviewer", "time"]] == "").all(axis=None)


def test_names_are_no_formulas_for_a_spreadsheet(decided):
    assert exports.label_table(decided).set_index("unit_id").loc[units(decided)[3], "reviewer"] == "'=ann()"


def test_a_reviewers_own_set_is_exported_apart(tmp_path):
    curation = curated(tmp_path)
    unit = units(curation)[0]
    curation.act("discard", [unit], reviewer="ann", label_set="ann")
    own, main = (exports.label_table(curation, name).set_index("unit_id") for name in ("ann", "main"))
    assert (own.loc[unit, "status"], own.loc[unit, "reviewer"]) == ("discarded", "ann")
    assert (main.loc[unit, "status"], main.loc[unit, "reviewer"]) == ("undecided", "")


def test_centroids_are_in_coordinates_and_areas_in_pixels(tmp_path):
    images = stores.results()["A"]
    moved = {
        name: a.assign_coords(height=2 * a["height"] + 100)
        for name, a in stores.results().items()
        if "height" in a.dims
    }
    table = exports.label_table(curated(tmp_path, stores.rewritten(tmp_path, moved))).set_index("unit_id")
    for unit, image in zip(images["unit_id"].values, images.values, strict=True):
        row = (np.arange(40)[:, None] * image).sum() / image.sum()
        assert table.loc[unit, "centroid_height"] == pytest.approx(100 + 2 * row, abs=1e-3)
        assert table.loc[unit, "area_pixels"] == (image > 0).sum()


def test_empty_footprint_has_no_centroid(tmp_path):
    curation = curated(tmp_path, stores.absent_chunks(tmp_path))
    row = exports.label_table(curation).iloc[2]
    assert row["area_pixels"] == 0
    assert np.isnan(row["centroid_height"])


def test_label_store_holds_what_minian_calls_unit_labels(decided, tmp_path):
    exports.write_label_store(tmp_path / "out.zarr", decided)
    opened = xr.open_zarr(tmp_path / "out.zarr").load()
    assert opened["unit_labels"].dtype == np.int64
    assert opened["unit_labels"].dims == ("unit_id",)
    assert np.array_equal(opened["unit_labels"], decided.decisions().labels())
    assert opened["unit_id"].values.tolist() == units(decided)
    assert opened["status"].values[1] == "discarded"


def test_label_store_of_merged_sessions(tmp_path):
    curation = curated(tmp_path, stores.merged(tmp_path))
    dataset = curation.dataset
    key = dataset.keys[0]
    unit = int(dataset.unit_ids(key)[0])
    curation.act("discard", [unit], reviewer="ann", key=key)
    labels = exports.label_variables(curation)["unit_labels"]
    assert labels.dims == ("animal", "session", "unit_id")
    assert labels.dtype == np.float64
    assert labels.sel(dict(key)).sel(unit_id=unit) == -1
    present = [set(dataset.unit_ids(one).tolist()) for one in dataset.keys]
    assert [int(labels.sel(dict(one)).notnull().sum()) for one in dataset.keys] == [len(one) for one in present]
    table = exports.label_table(curation)
    assert len(table) == sum(len(one) for one in present)
    assert table[table["status"] == "discarded"]["session"].tolist() == [dict(key)["session"]]


def test_zip_opens_as_a_zarr_store(decided, tmp_path):
    path = tmp_path / "labels.zarr.zip"
    path.write_bytes(exports.label_zip(decided))
    with zipfile.ZipFile(path) as archive:
        assert ".zmetadata" in archive.namelist()
    with zarr.storage.ZipStore(path, mode="r") as store:
        labels = zarr.open_group(store, mode="r")["unit_labels"][...]
    assert np.array_equal(labels, decided.decisions().labels())


def test_nothing_is_written_into_the_dataset_or_over_something(decided, tmp_path):
    with pytest.raises(BadRequest, match="lies in the dataset"):
        exports.write_label_store(decided.dataset.path / "labels.zarr", decided)
    (tmp_path / "there.zarr").mkdir()
    with pytest.raises(NotWritable, match="exists already"):
        exports.write_label_store(tmp_path / "there.zarr", decided)
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(NotWritable, match="exists already"):
        exports.write_csv(tmp_path / "there.csv", b"new")
    assert (tmp_path / "there.csv").read_text() == "mine"
    exports.write_csv(tmp_path / "there.csv", b"new", overwrite=True)
    assert (tmp_path / "there.csv").read_text() == "new"
    with pytest.raises(NotWritable, match="there is no folder"):
        exports.write_csv(tmp_path / "no" / "there.csv", b"new")


def test_copy_of_a_netcdf_dataset_is_labelled(tmp_path):
    curation = curated(tmp_path, stores.netcdf(tmp_path))
    unit = units(curation)[0]
    curation.act("discard", [unit], reviewer="ann")
    exports.write_copy(tmp_path / "copy.nc", curation)
    with xr.open_dataset(tmp_path / "copy.nc", engine="h5netcdf") as opened:
        assert opened["C"]["unit_labels"].sel(unit_id=unit) == -1
        assert np.array_equal(opened["A"], stores.results()["A"])
    with pytest.raises(NotWritable):
        exports.write_copy(tmp_path / "copy.nc", curation)


def test_copy_of_zarr_is_refused(decided, tmp_path):
    with pytest.raises(BadRequest, match="no netCDF file"):
        exports.write_copy(tmp_path / "copy.nc", decided)


@pytest.fixture
def movie(tmp_path):
    stores.v2(tmp_path, with_movies=True)
    return next(one for one in find_movies(tmp_path / "minian_intermediate")[0] if one.variable == "Y_fm_chk")


def test_mask_is_true_inside_its_box(movie, tmp_path):
    boxes = [Box("other", (0, 5), (0, 5)), Box("field", (10, 19.5), (4, 8))]
    save_mask(movie, boxes, "field")
    exports.write_mask_store(tmp_path / "mask.zarr", movie)
    mask = xr.open_zarr(tmp_path / "mask.zarr")["mask"].load()
    assert mask.dtype == bool
    assert int(mask.sum()) == 10 * 5
    assert bool(mask.sel(height=slice(10, 19), width=slice(4, 8)).all())
    assert str(mask["session"].values) == "s1"
    with zipfile.ZipFile(io.BytesIO(exports.mask_zip(movie))) as archive:
        assert "mask/.zarray" in archive.namelist()


def test_mask_without_a_mask_or_among_the_movies(movie, tmp_path):
    with pytest.raises(BadRequest, match="no mask was saved on Y_fm_chk"):
        exports.mask_array(movie)
    save_mask(movie, [Box("field", (10, 19), (4, 8))], "field")
    with pytest.raises(BadRequest, match="lies among the movies"):
        exports.write_mask_store(tmp_path / "minian_intermediate" / "mask.zarr", movie)
