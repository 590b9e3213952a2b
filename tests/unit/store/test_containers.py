from __future__ import annotations

import json

import numpy as np
import pytest

from minian_web.errors import BadRequest, DataError, DatasetNotFound
from minian_web.store.containers import Container, note_path, open_container
from minian_web.store.variables import positions
from tests import stores

FORMS = {
    "v2": stores.v2,
    "v2 unconsolidated": stores.unconsolidated,
    "v3": stores.v3,
    "v3 consolidated": lambda folder, **options: stores.v3(folder, consolidated=True, **options),
    "v3 by xarray": stores.v3_by_xarray,
    "one group": stores.one_group,
    "one group v3": lambda folder, **options: stores.one_group(folder, zarr_format=3, **options),
    "netcdf": stores.netcdf,
    "stale": lambda folder, **options: stores.stale_metadata(folder),
    "stale raises": lambda folder, **options: stores.stale_metadata(folder, raises=True),
    "many chunks": lambda folder, **options: stores.many_chunks(folder),
}


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def container(request, tmp_path_factory) -> Container:
    return open_container(request.param(tmp_path_factory.mktemp("form")))


def test_every_form_holds_the_same(container):
    expected = stores.results()
    assert set(container.variables) == set(expected)
    assert not container.problems
    for name, array in expected.items():
        variable = container.variable(name)
        assert variable.dims == array.dims
        assert variable.shape == array.shape
        assert variable.dtype == array.dtype
        np.testing.assert_array_equal(variable.read(), array.values)


def test_every_form_has_the_same_coordinates(container):
    for name, array in stores.results().items():
        variable = container.variable(name)
        for dim in array.dims:
            np.testing.assert_array_equal(container.coordinate(variable, dim), array[dim].values)
        assert container.scalars(variable) == {"animal": "a1", "session": "s1"}
        assert set(variable.coords()) == {*array.dims, "animal", "session"}


def test_select_takes_units_in_any_order(container):
    values = stores.results()["C"].values
    at = np.array([5, 0, 3])
    part = container.variable("C").select({"unit_id": at, "frame": slice(4, 9)}, ("frame", "unit_id"))
    np.testing.assert_array_equal(part, values[at, 4:9].T)
    image = container.variable("A").select({"unit_id": 4}, ("width", "height"))
    np.testing.assert_array_equal(image, stores.results()["A"].values[4].T)


def test_select_names_dimensions_that_are_left_over(container):
    with pytest.raises(DataError, match="expected dimensions frame, found dimensions unit_id, frame"):
        container.variable("C").select({}, ("frame",))


@pytest.mark.parametrize(
    ("make", "form"), [(stores.v2, "groups"), (stores.one_group, "group"), (stores.netcdf, "netcdf")]
)
def test_labels_are_companions_and_no_variables(tmp_path, make, form):
    container = open_container(make(tmp_path, labels="identity"))
    assert container.form == form
    assert "unit_labels" not in container.variables
    for name in ("A", "C", "S", "b0", "c0"):
        variable = container.variable(name)
        labels = variable.companion("unit_labels")
        assert labels is not None
        np.testing.assert_array_equal(labels.read(), variable.unit_ids())
        assert "unit_labels" in variable.coords()
    assert container.variable("max_proj").companion("unit_id") is None or form != "groups"


def test_labels_not_yet_listed_are_no_variable(tmp_path):
    dataset = stores.v2(tmp_path, labels="identity")
    document = dataset / "A.zarr" / "A" / ".zattrs"
    attributes = json.loads(document.read_text())
    document.write_text(json.dumps(attributes | {"coordinates": "animal session"}))
    assert open_container(dataset).variable("A").name == "A"


@pytest.mark.parametrize("form", ["groups", "group", "netcdf"])
def test_merged(tmp_path, form):
    container = open_container(stores.merged(tmp_path, form=form))
    expected = stores.merged_variables()["C"]
    variable = container.variable("C")
    where = {"animal": 0, "session": 1, "unit_id": np.array([3, 1])}
    np.testing.assert_array_equal(
        variable.select(where, ("unit_id", "frame")),
        expected.transpose("animal", "session", "unit_id", "frame").values[0, 1, [3, 1]],
    )
    assert variable.coordinate("session").tolist() == ["s1", "s2"]


def test_nothing_there(tmp_path):
    with pytest.raises(DatasetNotFound, match="no such folder"):
        open_container(tmp_path / "minian")


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="a folder of zarr groups"):
        open_container(tmp_path)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"just text\n", "starts with b'just tex'"), (b"", "starts with b''"), (b"CDF\x01rest", "a netCDF-3 file")],
)
def test_a_file_that_is_no_netcdf(tmp_path, content, found):
    path = tmp_path / "minian.nc"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_container(path)
    assert found in str(caught.value)
    assert caught.value.path == path


def test_a_netcdf_file_cut_short(tmp_path):
    path = stores.netcdf(tmp_path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="a netCDF-4 file"):
        open_container(path)


DAMAGED = [
    (stores.text_instead_of_zarr, "A", "A.zarr", "found a file"),
    (stores.half_written, "C", "C.zarr/C", "a folder without array metadata"),
    (stores.broken_json, "A", "A.zarr/A/.zarray", "a JSON document"),
    (lambda folder: stores.broken_json(folder, document=".zattrs"), "A", "A.zarr/A/.zattrs", "a JSON document"),
    (stores.without_array, "A", ".", "a variable A, found only C, S"),
]


@pytest.mark.parametrize(("make", "name", "path", "text"), DAMAGED)
def test_damage_is_told_of_the_variable_and_spares_the_others(tmp_path, make, name, path, text):
    dataset = make(tmp_path)
    container = open_container(dataset)
    with pytest.raises(DataError) as caught:
        container.variable(name)
    assert caught.value.path == dataset / path
    assert text in str(caught.value)
    np.testing.assert_array_equal(container.variable("S").read(), stores.results()["S"].values)


def test_metadata_that_are_no_array(tmp_path):
    dataset = stores.v2(tmp_path)
    document = dataset / "C.zarr" / "C" / ".zarray"
    document.write_text('{"zarr_format": 2, "shape": "wide"}')
    with pytest.raises(DataError) as caught:
        open_container(dataset).variable("C")
    assert caught.value.path == document


def test_dimension_names_that_do_not_fit(tmp_path):
    dataset = stores.v2(tmp_path)
    document = dataset / "C.zarr" / "C" / ".zattrs"
    document.write_text('{"_ARRAY_DIMENSIONS": ["unit_id"]}')
    with pytest.raises(DataError, match="expected 2 dimension names, found unit_id"):
        open_container(dataset).variable("C")


def test_coordinates_that_are_missing_or_too_short(tmp_path):
    variable = open_container(stores.without_coordinates(tmp_path)).variable("A")
    with pytest.raises(DataError, match=r"a variable with the coordinate height, found A \(unit_id, height, width\)"):
        variable.coordinate("height")
    other = open_container(stores.v2(tmp_path / "other")).variable("C")
    document = other.group / "frame" / ".zarray"
    document.write_text(json.dumps(json.loads(document.read_text()) | {"shape": [59], "chunks": [59]}))
    with pytest.raises(DataError, match="expected 60 values, as C has"):
        open_container(tmp_path / "other" / "minian").variable("C").coordinate("frame")


@pytest.mark.parametrize(
    "ids", [[0, 1, 1, 3, 4, 5, 6, 7, 8], [0, 1.5, 2, 3, 4, 5, 6, 7, 8], [0, np.nan, 2, 3, 4, 5, 6, 7, 8]]
)
def test_unit_ids_that_cannot_be(tmp_path, ids):
    count = len(stores.results()["A"]["unit_id"])
    changed = stores.results()["A"].assign_coords(unit_id=(np.array(ids, float).tolist() + list(range(9, 99)))[:count])
    dataset = stores.rewritten(tmp_path, {"A": changed})
    with pytest.raises(DataError, match="unit ids"):
        open_container(dataset).variable("A").unit_ids()


def test_float_unit_ids_of_a_merge(tmp_path):
    array = stores.results()["A"]
    dataset = stores.rewritten(tmp_path, {"A": array.assign_coords(unit_id=array["unit_id"].astype(float))})
    ids = open_container(dataset).variable("A").unit_ids()
    assert ids.dtype == np.int64
    assert ids.tolist() == array["unit_id"].values.tolist()


def test_positions_by_value():
    stored = np.array([7, 2, 30, 4])
    assert positions(stored, np.array([4, 7, 7])).tolist() == [3, 0, 0]
    with pytest.raises(BadRequest, match="C has no unit 3, 99"):
        positions(stored, np.array([3, 2, 99]), "C")
    with pytest.raises(BadRequest, match="no unit 1"):
        positions(np.zeros(0, int), np.array([1]))
    assert positions(stored, np.zeros(0, int)).size == 0


def test_note_paths(tmp_path):
    assert note_path(tmp_path / "minian", "groups", "x.json") == tmp_path / "minian" / "x.json"
    assert note_path(tmp_path / "minian.zarr", "group", "x.json") == tmp_path / "minian.zarr.x.json"
    assert note_path(tmp_path / "minian.nc", "netcdf", "x.json") == tmp_path / "minian.nc.x.json"


def test_plain_files_and_hidden_folders_are_ignored(tmp_path):
    dataset = stores.v2(tmp_path)
    (dataset / "curation.jsonl").write_text("{}\n")
    (dataset / ".hidden").mkdir()
    (dataset / "notes").mkdir()
    assert set(open_container(dataset).variables) == set(stores.results())
