from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest, Cancelled, Changed, DataError, DatasetNotFound
from minian_web.model.order import nearest_neighbour_walk
from minian_web.store.datasets import Dataset, open_dataset
from tests import stores
from tests.paths import ANIMAL1

FORMS = {
    "v2": stores.v2,
    "v2 unconsolidated": stores.unconsolidated,
    "v3": stores.v3,
    "v3 by xarray": stores.v3_by_xarray,
    "one group": stores.one_group,
    "netcdf": stores.netcdf,
    "stale": stores.stale_metadata,
    "many chunks": stores.many_chunks,
}
S1, S2 = ((("animal", "a1"), ("session", name)) for name in ("s1", "s2"))


def dense(dataset: Dataset, unit: int, key=()) -> np.ndarray:
    footprints = dataset.footprints(key)
    image = np.zeros(footprints.shape, np.float32)
    pixels, values = footprints.of(unit)
    image.flat[pixels] = values
    return image


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def dataset(request, tmp_path_factory) -> Dataset:
    return open_dataset(request.param(tmp_path_factory.mktemp("form")), "root/minian")


def test_every_form_opens_to_the_same(dataset):
    results = stores.results()
    assert dataset.title == "a1 / s1"
    assert dataset.meta == {"animal": "a1", "session": "s1"}
    assert dataset.keys == ((),)
    assert dataset.unit_ids().tolist() == results["A"]["unit_id"].values.tolist()
    for name, values in (("frame", dataset.frames), ("height", dataset.heights), ("width", dataset.widths)):
        np.testing.assert_array_equal(values, results["C" if name == "frame" else "A"][name].values)
    assert set(dataset.label_arrays()) >= {"A", "C", "S", "b0", "c0"}
    assert dataset.has("C")
    assert not dataset.has("nothing")
    assert dataset.problems == {}


def test_every_form_gives_the_same_footprints(dataset):
    array = stores.results()["A"]
    for position, unit in enumerate(array["unit_id"].values):
        np.testing.assert_array_equal(dense(dataset, unit), array.values[position].astype(np.float32))
    some = dataset.footprints_of(array["unit_id"].values[[3, 1]])
    assert some.unit_ids.tolist() == array["unit_id"].values[[3, 1]].tolist()
    np.testing.assert_array_equal(some.centroids, dataset.footprints().centroids[[3, 1]])


def test_every_form_gives_the_same_traces(dataset):
    array = stores.results()["S"]
    wanted = array["unit_id"].values[[4, 0, 7]]
    traces = dataset.traces("S", wanted)
    assert traces.dtype == np.float32
    np.testing.assert_array_equal(traces, array.sel(unit_id=wanted).values.astype(np.float32))


def test_every_form_gives_the_same_projection(dataset):
    np.testing.assert_array_equal(dataset.max_projection(), stores.results()["max_proj"].values.astype(np.float32))


def test_all_forms_have_the_same_cells(tmp_path):
    digests = {open_dataset(make(tmp_path / name)).footprints().digest for name, make in FORMS.items()}
    assert len(digests) == 1


def test_traces_are_mapped_by_value(tmp_path):
    dataset = open_dataset(stores.reordered_traces(tmp_path))
    array = stores.results()["C"]
    ids = dataset.unit_ids()
    np.testing.assert_array_equal(dataset.traces("C", ids), array.sel(unit_id=ids).values.astype(np.float32))


def test_a_unit_without_a_trace_is_named(tmp_path):
    dataset = open_dataset(stores.unit_without_trace(tmp_path))
    first = int(dataset.unit_ids()[0])
    with pytest.raises(BadRequest, match=f"C has no unit {first}"):
        dataset.traces("C", [first])
    assert dataset.traces("S", [first]).shape == (1, 60)


def test_no_units_asked_for(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path))
    assert dataset.traces("C", []).shape == (0, 60)
    assert dataset.footprints_of([]).unit_ids.size == 0


def test_frames_may_step(tmp_path):
    assert open_dataset(stores.frame_steps(tmp_path)).frames[:4].tolist() == [0, 2, 4, 6]


def test_absent_chunks_read_as_nothing(tmp_path):
    dataset = open_dataset(stores.absent_chunks(tmp_path))
    unit = int(dataset.unit_ids()[2])
    assert not dataset.traces("C", [unit]).any()
    assert dataset.footprints().areas[2] == 0
    assert np.isnan(dataset.footprints().centroids[2]).all()
    assert (dataset.footprints().areas[[0, 1, 3]] > 0).all()


def test_nonrigid_motion_does_not_matter(tmp_path):
    assert open_dataset(stores.nonrigid(tmp_path)).has("motion")


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_units(tmp_path, count):
    few = {name: array[:count] for name, array in stores.results().items() if "unit_id" in array.dims}
    dataset = open_dataset(stores.rewritten(tmp_path, few))
    assert dataset.footprints().areas.shape == (count,)
    assert dataset.traces("C", dataset.unit_ids()).shape == (count, 60)
    assert dataset.labels() == dict.fromkeys(dataset.label_arrays())


def test_one_frame(tmp_path):
    short = {name: array.isel(frame=[0]) for name, array in stores.results().items() if "frame" in array.dims}
    dataset = open_dataset(stores.rewritten(tmp_path, short))
    assert dataset.frames.shape == (1,)
    assert dataset.traces("C", dataset.unit_ids()).shape == (len(dataset.unit_ids()), 1)


# ---- merged sessions -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["groups", "group", "netcdf"])
def merged(request, tmp_path_factory) -> Dataset:
    return open_dataset(stores.merged(tmp_path_factory.mktemp("merged"), labels=True, form=request.param))


def test_merged_sessions_are_keys(merged):
    assert merged.keys == (S1, S2)
    assert merged.meta == {}
    expected = stores.merged_variables()["A"]
    for key in (S1, S2):
        one = expected.sel(animal="a1", session=dict(key)["session"])
        present = one["unit_id"].values[one.notnull().any(["height", "width"]).values]
        assert merged.unit_ids(key).tolist() == present.tolist()
        for unit in present:
            np.testing.assert_array_equal(dense(merged, unit, key), one.sel(unit_id=unit).fillna(0).astype(np.float32))


def test_merged_traces_keep_nan(merged):
    expected = stores.merged_variables()["C"].sel(animal="a1", session="s2")
    ids = merged.stored_units
    np.testing.assert_array_equal(merged.traces("C", ids, S2), expected.sel(unit_id=ids).values.astype(np.float32))


def test_merged_labels_and_projection(merged):
    expected = stores.merged_variables(labels=True)
    labels = merged.labels(S2)["C"]
    one = expected["C"]["unit_labels"].sel(animal="a1", session="s2")
    np.testing.assert_array_equal(labels, one.values)
    projection = expected["max_proj"].sel(animal="a1", session="s1")
    np.testing.assert_array_equal(merged.max_projection(S1), projection.values.astype(np.float32))


@pytest.mark.parametrize("key", [(), (("session", "s1"),), (("animal", "a1"), ("session", "s9"))])
def test_an_unknown_session_is_refused(merged, key):
    for ask in (merged.unit_ids, merged.footprints, merged.max_projection, lambda key: merged.traces("C", [0], key)):
        with pytest.raises(BadRequest, match="no session"):
            ask(key)


def test_combinations_never_recorded_are_no_sessions(tmp_path):
    def of(animal: str, session: str) -> stores.Variables:
        return {
            name: array.assign_coords(animal=animal).expand_dims(["animal", "session"])
            for name, array in stores.results(session).items()
        }

    parts = [of("a1", "s1"), of("a2", "s2")]
    both = {
        name: xr.merge([part[name] for part in parts], join="outer", compat="no_conflicts")[name] for name in parts[0]
    }
    dataset = open_dataset(stores.rewritten(tmp_path, both))
    assert dataset.keys == (S1, (("animal", "a2"), ("session", "s2")))


# ---- labels, guard, cache --------------------------------------------------------------------------------------------


def test_labels_as_stored_in_the_order_of_each_array(tmp_path):
    changes = {
        name: stores.labelled(array[::-1], "identity") for name, array in stores.results().items() if name in "CS"
    }
    changes["A"] = stores.labelled(stores.results()["A"], "identity")
    dataset = open_dataset(stores.rewritten(tmp_path, changes))
    labels = dataset.labels()
    ids = dataset.unit_ids()
    np.testing.assert_array_equal(labels["A"], ids)
    np.testing.assert_array_equal(labels["C"], ids[::-1])
    assert labels["b0"] is None


def test_labels_written_after_opening_are_seen(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path / "one"))
    assert dataset.labels()["A"] is None
    source = stores.v2(tmp_path / "two", labels="identity")
    (source / "A.zarr" / "unit_labels").rename(dataset.path / "A.zarr" / "unit_labels")
    np.testing.assert_array_equal(dataset.labels()["A"], dataset.unit_ids())


def test_guard_changes_with_a_only(tmp_path):
    path = stores.v2(tmp_path, labels="identity")
    dataset = open_dataset(path)
    for touched in ("C.zarr/C/0.0", "A.zarr/unit_labels/0", "A.zarr/.zmetadata"):
        os.utime(path / touched)
    assert dataset.current_guard() == dataset.guard == open_dataset(path).guard
    os.utime(path / "A.zarr/A/0.0.0", ns=(1, 1))
    assert dataset.current_guard() != dataset.guard


def test_footprints_come_from_the_cache(tmp_path):
    path = stores.v2(tmp_path)
    first = open_dataset(path, cache_dir=tmp_path / "cache").footprints()
    state = (path / "A.zarr/A/0.0.0").stat()
    (path / "A.zarr/A/0.0.0").write_bytes(b"x" * state.st_size)
    os.utime(path / "A.zarr/A/0.0.0", ns=(state.st_atime_ns, state.st_mtime_ns))
    again = open_dataset(path, cache_dir=tmp_path / "cache").footprints()
    assert again.digest == first.digest
    np.testing.assert_array_equal(again.centroids, first.centroids)
    with pytest.raises(ValueError, match="read-only"):
        again.values[0] = 1


def test_rewritten_footprints_do_not_come_from_the_cache(tmp_path):
    path = stores.v2(tmp_path)
    first = open_dataset(path, cache_dir=tmp_path / "cache").footprints()
    (path / "A.zarr/A/0.0.0").write_bytes((path / "A.zarr/A/1.0.0").read_bytes())
    again = open_dataset(path, cache_dir=tmp_path / "cache").footprints()
    assert again.digest != first.digest


def test_footprints_rewritten_while_they_are_read_are_refused(tmp_path):
    path = stores.v2(tmp_path)
    dataset = open_dataset(path, cache_dir=tmp_path / "cache")
    with pytest.raises(Changed, match="rewritten"):
        dataset.footprints(tick=lambda _: os.utime(path / "A.zarr/A/0.0.0"))
    assert not list((tmp_path / "cache").glob("*")) if (tmp_path / "cache").exists() else True


def test_progress_and_cancel(tmp_path):
    dataset = open_dataset(stores.many_chunks(tmp_path))
    seen: list[float] = []

    def stop(fraction: float) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        dataset.footprints(tick=stop)
    dataset.footprints(tick=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    dataset.footprints(tick=stop)


def test_a_trace_chunk_cut_short_is_named(tmp_path):
    path = stores.truncated_chunk(tmp_path, "C")
    chunk = stores.chunk_files(path / "C.zarr" / "C")[1]
    dataset = open_dataset(path)
    with pytest.raises(DataError) as caught:
        dataset.traces("C", dataset.unit_ids())
    assert caught.value.path == chunk


def test_a_footprint_chunk_cut_short_is_named(tmp_path):
    path = stores.truncated_chunk(tmp_path, "A")
    dataset = open_dataset(path)
    with pytest.raises(DataError) as caught:
        dataset.footprints()
    assert caught.value.path == stores.chunk_files(path / "A.zarr" / "A")[1]


# ---- what cannot be opened -------------------------------------------------------------------------------------------

REFUSED = [
    (stores.without_array, "a variable A"),
    (stores.wrong_dims, "expected dimensions unit_id, height, width, found dimensions unit_id, y, x"),
    (stores.without_coordinates, "a variable with the coordinate height"),
    (stores.text_instead_of_zarr, "A.zarr: expected a folder holding a zarr group, found a file"),
    (stores.broken_json, r"A.zarr/A/.zarray: expected a JSON document"),
    (lambda folder: stores.half_written(folder, "A"), "A.zarr/A: expected the array of this group"),
]


@pytest.mark.parametrize(("make", "text"), REFUSED)
def test_what_cannot_be_read_is_told(tmp_path, make, text):
    path = make(tmp_path)
    with pytest.raises(DataError, match=text) as caught:
        open_dataset(path)
    assert str(tmp_path) in str(caught.value)


def test_trouble_with_other_variables_is_told_when_they_are_asked_for(tmp_path):
    dataset = open_dataset(stores.half_written(tmp_path, "S"))
    assert list(dataset.problems) == ["S"]
    assert not dataset.has("S")
    with pytest.raises(DataError, match=r"S\.zarr/S"):
        dataset.traces("S", dataset.unit_ids())
    with pytest.raises(DataError, match="a variable nothing"):
        dataset.traces("nothing", dataset.unit_ids())


def test_traces_with_other_frames_than_c(tmp_path):
    dataset = open_dataset(stores.rewritten(tmp_path, {"S": stores.results()["S"][:, :50]}))
    with pytest.raises(DataError, match="expected 60 frames, found 50 frames"):
        dataset.traces("S", dataset.unit_ids())


def test_without_a_projection(tmp_path):
    assert open_dataset(stores.without_array(tmp_path, "max_proj")).max_projection() is None


def test_nothing_there(tmp_path):
    with pytest.raises(DatasetNotFound):
        open_dataset(tmp_path / "nothing")


@pytest.mark.parametrize(("make", "name"), [(stores.v2, "minian/x"), (stores.one_group, "minian.zarr.x")])
def test_note_paths(tmp_path, make, name):
    dataset = open_dataset(make(tmp_path))
    assert dataset.note_path("x") == tmp_path / name
    assert dataset.notes == (tmp_path / name).parent


# ---- real sessions ---------------------------------------------------------------------------------------------------


def test_the_walk_of_minian_by_true_centroids():
    dataset = open_dataset(ANIMAL1 / "session1" / "minian")
    rows = np.loadtxt(ANIMAL1.parent / "reference" / "NNsort.csv", delimiter=",", skiprows=1)
    footprints = dataset.footprints()
    assert footprints.unit_ids.tolist() == rows[:, 0].astype(int).tolist()
    assert nearest_neighbour_walk(footprints.centroids).tolist() == rows[:, 3].astype(int).tolist()
    # minian's own centroids fall short by (n - 1) / n of the image size
    np.testing.assert_allclose(rows[:, 1:3], footprints.centroids * [127 / 128, 159 / 160], rtol=1e-7)


def test_the_curated_session():
    dataset = open_dataset(ANIMAL1 / "session3" / "minian")
    labels = {name: dict(zip(dataset.unit_ids(), values, strict=True)) for name, values in dataset.labels().items()}
    assert [labels["A"][unit] for unit in (2, 3, 4, 8)] == [2, 2, 2, -1]
    assert all(one == labels["A"] for one in labels.values())
    assert dataset.unit_ids().tolist() != sorted(dataset.unit_ids())


def test_reading_leaves_no_trace():
    before = sorted(Path(ANIMAL1).rglob("*"))
    open_dataset(ANIMAL1 / "session1" / "minian").footprints()
    assert sorted(Path(ANIMAL1).rglob("*")) == before
