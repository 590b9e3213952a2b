"""Writing labels: minian can open the dataset after every single step, and sees the old labels, the new, or none."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import warnings

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import DataError, NotWritable
from minian_web.model.decisions import Decisions
from minian_web.store import files
from minian_web.store.datasets import open_dataset
from minian_web.store.found import read_labels
from minian_web.store.labels import identity, write_labels
from minian_web.store.places import places_of
from tests import stores
from tests.unit.store.minian_opens import Stop, after_every_step, killed_after, labels_of, open_minian

FORMS = {
    "v2 consolidated": stores.v2,
    "v2 unconsolidated": stores.unconsolidated,
    "v3": stores.v3,
    "v3 consolidated": lambda folder, **options: stores.v3(folder, consolidated=True, **options),
    "v3 by xarray": stores.v3_by_xarray,
    "one group v2": stores.one_group,
    "one group v2 unconsolidated": lambda folder, **options: stores.one_group(folder, consolidated=False, **options),
    "one group v3": lambda folder, **options: stores.one_group(folder, zarr_format=3, consolidated=False, **options),
    "one group v3 consolidated": lambda folder, **options: stores.one_group(folder, zarr_format=3, **options),
}


def some(dataset, *actions):
    """Decisions with units merged and discarded by their position."""
    ids = dataset.unit_ids()
    labels = ids.copy()
    for kind, positions in actions:
        labels[list(positions)] = -1 if kind == "discard" else ids[positions[0]]
    return {(): Decisions.from_labels(ids, labels)}


FIRST = (("merge", (0, 2)), ("discard", (1,)))
SECOND = (("merge", (0, 1)), ("discard", (4,)))


def expected(decisions):
    return dict(zip(decisions[()].unit_ids.tolist(), decisions[()].labels().tolist(), strict=True))


def slimmed(make):
    """The same with few arrays: each has its own steps, and minian opens all after every one of them."""

    def made(folder, **options):
        path = make(folder, **options)
        for name in ("b", "b0", "c0", "f", "motion", "S", "YrA"):
            shutil.rmtree(path / f"{name}.zarr", ignore_errors=True)
        return path

    return made


@pytest.fixture(params=FORMS)
def make(request):
    return slimmed(FORMS[request.param])


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.parametrize("initial", [None, "identity"])
def test_minian_opens_the_dataset_after_every_step(make, initial, tmp_path, monkeypatch):
    dataset = open_dataset(make(tmp_path, labels=initial))
    variables = set(open_minian(dataset.path).data_vars)
    old, opened_before = None if initial is None else expected(identity(dataset)), {}
    for actions in (FIRST, SECOND):
        decisions = some(dataset, *actions)
        allowed, steps = [None, old, expected(decisions)], []

        def look(allowed=allowed, steps=steps):
            for options in ({}, {"consolidated": False}):
                opened = open_minian(dataset.path, opened_before, **options)
                assert labels_of(opened) in allowed
                assert set(opened.data_vars) == variables
                assert {"animal", "session"} <= set(opened.coords)
            steps.append(labels_of(opened))

        with after_every_step(monkeypatch, look):
            write_labels(dataset, decisions)
        assert len(steps) >= 1
        assert steps[-1] == expected(decisions)
        old = expected(decisions)


def test_labels_are_a_coordinate_of_every_array_that_has_units(make, tmp_path):
    dataset = open_dataset(make(tmp_path))
    decisions = some(dataset, *FIRST)
    write_labels(dataset, decisions)
    opened = open_minian(dataset.path)
    with_units = [name for name, array in opened.items() if "unit_id" in array.dims]
    assert {"A", "C"} <= set(with_units)
    for name in with_units:
        assert opened[name].coords["unit_labels"].dtype == np.int64
        assert opened[name].coords["unit_labels"].dims == ("unit_id",)
    assert all(seen.whole for seen in read_labels(dataset))


def test_later_writes_keep_the_labels_beside_a_visible(tmp_path, monkeypatch):
    dataset = open_dataset(stores.v2(tmp_path, labels="identity"))

    def look():
        assert labels_of(open_minian(dataset.path)) is not None

    for actions in (FIRST, SECOND):
        with after_every_step(monkeypatch, look):
            write_labels(dataset, some(dataset, *actions))


def test_the_group_lists_the_labels_before_they_can_be_seen(tmp_path, monkeypatch):
    dataset = open_dataset(stores.unconsolidated(tmp_path))
    place = places_of(dataset)[0]

    def look():
        if (place.array / ".zarray").exists():
            assert json.loads((place.group / ".zattrs").read_text())["coordinates"] == "animal session unit_labels"

    with after_every_step(monkeypatch, look):
        write_labels(dataset, some(dataset, *FIRST))


def test_a_itself_and_the_guard_are_never_touched(make, tmp_path):
    dataset = open_dataset(make(tmp_path, labels="identity"))
    before = dataset.current_guard()
    write_labels(dataset, some(dataset, *FIRST))
    write_labels(dataset, some(dataset, *SECOND))
    assert dataset.current_guard() == before


def test_writing_what_is_there_already_touches_nothing(make, tmp_path, monkeypatch):
    dataset = open_dataset(make(tmp_path))
    write_labels(dataset, some(dataset, *FIRST))

    def never():
        raise AssertionError("a file was written")

    with after_every_step(monkeypatch, never):
        write_labels(dataset, some(dataset, *FIRST))


@pytest.mark.parametrize("form", ["v2 consolidated", "v2 unconsolidated", "v3 consolidated", "one group v2"])
def test_any_kill_is_completed_by_the_next_write(form, tmp_path, monkeypatch):
    dataset = open_dataset(slimmed(FORMS[form])(tmp_path))
    allowed, steps = [None, expected(some(dataset, *FIRST))], itertools.count(1)
    for kill in steps:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        copy = open_dataset(shutil.copytree(dataset.path, tmp_path / "copy" / dataset.path.name))
        finished = False
        with killed_after(monkeypatch, kill):
            write_labels(copy, some(dataset, *FIRST))
            finished = True
        assert labels_of(open_minian(copy.path)) in allowed
        write_labels(copy, some(dataset, *SECOND))
        assert labels_of(open_minian(copy.path)) == expected(some(dataset, *SECOND))
        assert all(seen.whole for seen in read_labels(copy))
        if finished:
            return


def test_units_of_an_array_may_be_ordered_differently(tmp_path):
    variables = stores.results()
    variables["C"] = variables["C"].isel(unit_id=slice(None, None, -1))
    dataset = open_dataset(stores.rewritten(tmp_path, {"C": variables["C"]}))
    write_labels(dataset, some(dataset, *FIRST))
    opened = xr.open_zarr(dataset.path / "C.zarr")
    assert opened["unit_id"].values.tolist() == dataset.unit_ids().tolist()[::-1]
    assert labels_of(opened) == expected(some(dataset, *FIRST))


@pytest.mark.parametrize("dtype", ["float64", "int32"])
@pytest.mark.parametrize("chunks", [None, {"unit_id": 2}])
def test_labels_in_another_layout_are_written_anew(dtype, chunks, tmp_path, monkeypatch):
    dataset = open_dataset(stores.v2(tmp_path))
    old = expected(identity(dataset))
    for name in ("b", "b0", "c0", "f", "motion", "YrA"):  # each step opens all that there is
        shutil.rmtree(dataset.path / f"{name}.zarr")
    for name in ("A", "C"):
        group = dataset.path / f"{name}.zarr"
        array = xr.open_zarr(group).load()
        array = array.assign_coords(unit_labels=array["unit_id"].astype(dtype)).chunk(chunks or {})
        encoding = {"unit_labels": {"chunks": tuple(chunks.values())}} if chunks else {}
        shutil.rmtree(group)
        array.drop_encoding().to_zarr(group, zarr_format=2, consolidated=True, encoding=encoding)
    dataset = open_dataset(dataset.path)
    new = expected(some(dataset, *FIRST))

    def look():
        for options in ({}, {"consolidated": False}):
            assert labels_of(open_minian(dataset.path, **options)) in (None, old, new)

    with after_every_step(monkeypatch, look):
        write_labels(dataset, some(dataset, *FIRST))
    opened = open_minian(dataset.path)
    assert labels_of(opened) == new
    assert opened["unit_labels"].dtype == np.int64
    assert sorted(path.name for path in (dataset.path / "A.zarr" / "unit_labels").iterdir()) == [
        ".zarray",
        ".zattrs",
        "0",
    ]


def test_merged_sessions_get_floats_with_nan_on_all_metadata_dimensions(tmp_path):
    dataset = open_dataset(stores.merged(tmp_path))
    decisions = identity(dataset)
    assert len(decisions) == 2
    first, second = decisions
    units = decisions[first].unit_ids
    labels = units.copy()
    labels[1] = labels[0]
    decisions[first] = Decisions.from_labels(units, labels)
    write_labels(dataset, decisions)
    opened = open_minian(dataset.path)
    stored = opened["unit_labels"]
    assert stored.dtype == np.float64
    assert set(stored.dims) == {"animal", "session", "unit_id"}
    assert opened["A"].coords["unit_labels"].identical(opened["C"].coords["unit_labels"])
    for key in (first, second):
        there = stored.sel(dict(key)).dropna("unit_id")
        assert labels_of(there.to_dataset(name="x").assign_coords(unit_labels=there)) == {
            unit: float(label)
            for unit, label in zip(decisions[key].unit_ids.tolist(), decisions[key].labels().tolist(), strict=True)
        }
    (seen, *_) = read_labels(dataset)
    assert set(seen.labels) == {first, second}


def test_merged_labels_agree_with_what_minian_makes_of_a_merge(tmp_path):
    dataset = open_dataset(stores.merged(tmp_path / "with", labels=True))
    bare = open_dataset(stores.merged(tmp_path / "without"))
    write_labels(bare, identity(bare))
    theirs, ours = open_minian(dataset.path)["unit_labels"], open_minian(bare.path)["unit_labels"]
    xr.testing.assert_equal(ours.transpose(*theirs.dims), theirs)


def test_stale_consolidated_metadata_are_mended_for_labels_only(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path))
    path = dataset.path / "A.zarr" / ".zmetadata"
    before = json.loads(path.read_text())
    before["metadata"]["unit_labels/.zarray"] = {"shape": [99], "chunks": [99]}
    path.write_text(json.dumps(before))
    assert not read_labels(dataset)[0].whole
    write_labels(dataset, some(dataset, *FIRST))
    after = json.loads(path.read_text())
    ours = ("unit_labels/.zarray", "unit_labels/.zattrs", ".zattrs")
    assert {name: entry for name, entry in after["metadata"].items() if name not in ours} == {
        name: entry for name, entry in before["metadata"].items() if name not in ours
    }
    assert labels_of(open_minian(dataset.path)) == expected(some(dataset, *FIRST))


def test_nothing_is_written_into_a_netcdf_file(tmp_path, monkeypatch):
    dataset = open_dataset(stores.netcdf(tmp_path, labels="identity"))
    before = dataset.path.read_bytes()
    write_labels(dataset, identity(dataset))
    assert dataset.path.read_bytes() == before
    assert all(seen.labels is not None for seen in read_labels(dataset))


def test_no_temporary_file_stays_and_none_is_ever_inside_a_group(tmp_path, monkeypatch):
    dataset = open_dataset(stores.v2(tmp_path))
    inside = []
    write = files._write_durably

    def watched(path, *args):
        inside.append(any((folder / ".zgroup").exists() for folder in path.parents))
        write(path, *args)

    monkeypatch.setattr(files, "_write_durably", watched)
    write_labels(dataset, some(dataset, *FIRST))
    assert inside
    assert not any(inside)
    assert not list(tmp_path.rglob("*.tmp"))


def test_new_files_have_the_group_and_mode_of_their_dataset(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path))
    for path in [dataset.path, *dataset.path.rglob("*")]:
        path.chmod(0o770 if path.is_dir() else 0o660)
    write_labels(dataset, some(dataset, *FIRST))
    for path in dataset.path.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o770 if path.is_dir() else 0o660), path


@pytest.mark.parametrize("errno", [13, 28, 30])
def test_a_refused_step_is_told_and_can_be_repeated(errno, tmp_path, monkeypatch):
    dataset = open_dataset(stores.v2(tmp_path))
    with monkeypatch.context() as patched:

        def refuse(*_):
            raise OSError(errno, "no")

        patched.setattr(files.os, "replace", refuse)
        with pytest.raises(NotWritable, match=r"A\.zarr.*cannot be written"):
            write_labels(dataset, some(dataset, *FIRST))
    assert not list(tmp_path.rglob("*.tmp"))
    write_labels(dataset, some(dataset, *FIRST))
    assert labels_of(open_minian(dataset.path)) == expected(some(dataset, *FIRST))


def test_labels_that_do_not_fit_the_units_are_an_error(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path, labels="identity"))
    document = dataset.path / "A.zarr" / "unit_labels" / ".zarray"
    content = json.loads(document.read_text())
    document.write_text(json.dumps({**content, "shape": [3], "chunks": [3]}))
    with pytest.raises(DataError, match="unit_labels"):
        read_labels(dataset)


def test_labels_whose_chunk_is_lost_are_an_error_not_zeros(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path, labels="identity"))
    (dataset.path / "A.zarr" / "unit_labels" / "0").unlink()
    with pytest.raises(DataError, match="a chunk with labels"):
        read_labels(dataset)


def test_labels_all_equal_to_a_fill_value_are_written(make, tmp_path):
    dataset = open_dataset(make(tmp_path))
    ids = dataset.unit_ids()
    everything = {(): Decisions.from_labels(ids, np.full(ids.size, int(ids[0])))}
    nothing = {(): Decisions.from_labels(ids, np.full(ids.size, -1))}
    for decisions in (everything, nothing):
        write_labels(dataset, decisions)
        assert labels_of(open_minian(dataset.path)) == expected(decisions)


def test_stop_is_not_swallowed_by_the_code_under_test(tmp_path, monkeypatch):
    dataset = open_dataset(stores.v2(tmp_path))

    def stop():
        raise Stop

    with after_every_step(monkeypatch, stop), pytest.raises(Stop):
        write_labels(dataset, some(dataset, *FIRST))


def test_no_warnings_are_raised_by_reading_our_labels(make, tmp_path):
    dataset = open_dataset(make(tmp_path))
    write_labels(dataset, some(dataset, *FIRST))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_labels(open_dataset(dataset.path))
