"""What is written after curation is what minian would have made."""

from __future__ import annotations

import io
import os
import zipfile

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.io import loadmat

from minian_web.cli import main
from minian_web.errors import BadRequest, Cancelled, DataError, NotWritable
from minian_web.store import cleaned as module
from minian_web.store.cleaned import write_cleaned
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from minian_web.store.facts import Facts, write_facts
from minian_web.store.trace_tables import mat_bytes, traces_zip, write_mat, write_wide_csv
from tests import stores
from tests.unit.store.minian_opens import open_minian


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


def curated(path, state, decide=True):
    curation = open_curation(open_dataset(path, "r/minian"), state_dir=state)
    if decide:
        ids = curation.dataset.stored_units.tolist()
        curation.act("discard", [ids[1]], reviewer="ann")
        curation.act("merge", [ids[2], ids[4], ids[5]], reviewer="ann")
        curation.act("keep", [ids[0]], reviewer="ann")
    return curation


def unit_merge(dataset, labels):
    """What minian does: group by label, take the mean, without the discarded."""
    grouped = dataset.assign_coords(unit_labels=("unit_id", labels)).groupby("unit_labels").mean(skipna=True)
    return grouped.sel(unit_labels=grouped["unit_labels"] >= 0).rename(unit_labels="unit_id")


def test_as_minians_unit_merge(tmp_path):
    curation = curated(stores.v2(tmp_path / "data"), tmp_path / "state")
    told = []
    count = write_cleaned(tmp_path / "out", curation, tick=told.append)
    found, before = open_minian(tmp_path / "out"), stores.results()
    expected = unit_merge(
        xr.Dataset({name: before[name] for name in ("A", "C", "S", "b0", "c0", "YrA")}),
        curation.decisions().labels(),
    )
    assert found["unit_id"].values.tolist() == expected["unit_id"].values.tolist()
    for name in ("A", "C", "S", "b0", "c0", "YrA"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-12, err_msg=name)
        assert found[name].dims == before[name].dims
    for name in ("b", "f", "max_proj", "motion"):
        np.testing.assert_array_equal(found[name], before[name], err_msg=name)
        assert found[name].dtype == before[name].dtype
    assert "unit_labels" not in found.coords
    assert str(found["session"].values) == "s1"
    assert count == {"units": before["A"].sizes["unit_id"], "cells": found.sizes["unit_id"]}
    assert told == sorted(told)
    assert told[-1] == 1
    assert sorted(os.listdir(tmp_path)) == ["data", "out", "state"]


def test_it_can_be_curated_again(tmp_path):
    curation = curated(stores.v2(tmp_path / "data"), tmp_path / "state")
    write_cleaned(tmp_path / "out", curation, accepted_only=True)
    again = curated(tmp_path / "out", tmp_path / "state", decide=False)
    first, merged = curation.decisions().unit_ids[[0, 2]].tolist()
    assert again.dataset.stored_units.tolist() == [first, curation.decisions().of(merged).label]
    assert again.decisions().counts()["undecided"] == 2


@pytest.mark.parametrize("make", [stores.one_group, stores.netcdf, stores.v3, stores.reordered_traces])
def test_from_every_form(tmp_path, make):
    (tmp_path / "data").mkdir()
    curation = curated(make(tmp_path / "data"), tmp_path / "state")
    write_cleaned(tmp_path / "out", curation)
    found = open_minian(tmp_path / "out")
    merged = next(label for label in found["unit_id"].values.tolist() if len(curation.decisions().cell(label)) == 3)
    members = list(curation.decisions().cell(merged))
    source = {name: array for name, array in stores.results().items() if name in ("A", "C")}
    for name, array in source.items():
        np.testing.assert_allclose(found[name].sel(unit_id=merged), array.sel(unit_id=members).mean("unit_id"))
    assert str(found["animal"].values) == "a1"


def test_sessions_of_a_merged_dataset_are_cleaned_each_by_its_own_decisions(tmp_path):
    curation = open_curation(open_dataset(stores.merged(tmp_path / "data")), state_dir=tmp_path / "state")
    one, two = curation.dataset.keys
    both = [unit for unit in curation.decisions(one).unit_ids.tolist() if unit in curation.decisions(two).unit_ids]
    a, b, c = both[:3]
    curation.act("merge", [a, b], key=one, reviewer="ann")
    curation.act("discard", [c], key=two, reviewer="ann")
    write_cleaned(tmp_path / "out", curation)
    found, source = open_minian(tmp_path / "out"), stores.merged_variables()
    first = {"animal": "a1", "session": dict(one)["session"]}
    second = {"animal": "a1", "session": dict(two)["session"]}
    name, other = min(a, b), max(a, b)
    for variable in ("A", "C"):
        np.testing.assert_allclose(
            found[variable].sel(unit_id=name, **first), source[variable].sel(unit_id=[a, b], **first).mean("unit_id")
        )
        np.testing.assert_allclose(
            found[variable].sel(unit_id=other, **second), source[variable].sel(unit_id=other, **second)
        )
        assert np.isnan(found[variable].sel(unit_id=other, **first)).all()
        assert np.isnan(found[variable].sel(unit_id=c, **second)).all()
        assert not np.isnan(found[variable].sel(unit_id=c, **first)).all()
    assert found["A"].dims == source["A"].dims


def test_nothing_half_is_left(tmp_path, monkeypatch):
    path = stores.v2(tmp_path / "data")
    curation = curated(path, tmp_path / "state")

    def stop(fraction):
        if fraction > 0.5:
            raise Cancelled("x")

    with pytest.raises(Cancelled):
        write_cleaned(tmp_path / "out", curation, tick=stop)
    chunk = stores.chunk_files(path / "S.zarr" / "S")[-1]
    chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(DataError, match="S"):
        write_cleaned(tmp_path / "out", curation)
    monkeypatch.setattr(module, "write_dataset", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(NotWritable, match="No space left"):
        write_cleaned(tmp_path / "out", curation)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "state"]


def test_places_that_will_not_do(tmp_path):
    path = stores.v2(tmp_path / "data")
    curation = curated(path, tmp_path / "state")
    with pytest.raises(BadRequest, match="lies in the dataset"):
        write_cleaned(path / "clean", curation)
    (tmp_path / "there").mkdir()
    with pytest.raises(NotWritable, match="exists already"):
        write_cleaned(tmp_path / "there", curation)
    curation.act("discard", curation.dataset.stored_units.tolist(), reviewer="ann")
    with pytest.raises(BadRequest, match="no cell is left"):
        write_cleaned(tmp_path / "out", curation)


def test_wide_tables(tmp_path):
    curation = curated(stores.frame_steps(tmp_path / "data"), tmp_path / "state")
    write_facts(curation.dataset, Facts(frame_rate=20.0))
    (only,) = write_wide_csv(tmp_path / "t.csv", curation)
    table = pd.read_csv(only)
    assert list(table.columns[:2]) == ["frame", "time_s"]
    np.testing.assert_allclose(table["time_s"], table["frame"] / 20)
    assert table["frame"].tolist()[:3] == [0, 2, 4]
    source = stores.results()["C"]
    labels = [int(name) for name in table.columns[2:]]
    assert labels == sorted({*curation.decisions().labels().tolist()} - {-1})
    for label in labels:
        units = list(curation.decisions().cell(label))
        np.testing.assert_allclose(table[str(label)], source.sel(unit_id=units).mean("unit_id"), rtol=1e-4, atol=1e-5)
    assert [one.name for one in write_wide_csv(tmp_path / "u.csv", curation, ("C", "S"))] == ["u_C.csv", "u_S.csv"]
    with pytest.raises(NotWritable, match="exists already"):
        write_wide_csv(tmp_path / "t.csv", curation)
    with pytest.raises(BadRequest, match="no traces dFF"):
        write_wide_csv(tmp_path / "v.csv", curation, ("dFF",))


def test_without_a_frame_rate_there_is_no_time(tmp_path):
    curation = curated(stores.v2(tmp_path / "data"), tmp_path / "state")
    (only,) = write_wide_csv(tmp_path / "t.csv", curation, accepted_only=True)
    table = pd.read_csv(only)
    assert table.columns[0] == "frame"
    assert len(table.columns) == 3


def test_tables_of_merged_sessions_end_where_the_session_ends(tmp_path):
    curation = open_curation(open_dataset(stores.merged(tmp_path / "data")), state_dir=tmp_path / "state")
    written = write_wide_csv(tmp_path / "t.csv", curation)
    assert [one.name for one in written] == ["t_a1_s1.csv", "t_a1_s2.csv"]
    for path, key in zip(written, curation.dataset.keys, strict=True):
        table = pd.read_csv(path)
        assert len(table.columns) - 1 == len(curation.decisions(key).unit_ids)
        assert table.notna().all().all()


def test_a_table_that_failed_leaves_nothing(tmp_path):
    curation = curated(stores.v2(tmp_path / "data"), tmp_path / "state")

    def stop(fraction):
        if fraction > 0.5:
            raise Cancelled("x")

    for write in (write_wide_csv, write_mat):
        with pytest.raises(Cancelled):
            write(tmp_path / "t.csv", curation, tick=stop)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "state"]


def test_matlab_file(tmp_path):
    curation = curated(stores.v2(tmp_path / "data"), tmp_path / "state")
    write_mat(tmp_path / "t.mat", curation)
    found = loadmat(tmp_path / "t.mat")
    assert found["C"].shape == (60, found["unit_id"].size) == found["YrA"].shape
    merged = next(unit for unit in found["unit_id"][0].astype(int).tolist() if len(curation.decisions().cell(unit)) > 1)
    column = found["unit_id"][0].tolist().index(merged)
    height, width = int(found["height"][0, 0]), int(found["width"][0, 0])
    image = found["A"][:, [column]].toarray().reshape((height, width), order="F")
    expected = stores.results()["A"].sel(unit_id=list(curation.decisions().cell(merged))).mean("unit_id")
    np.testing.assert_allclose(image, expected, rtol=1e-5, atol=1e-9)
    assert loadmat(io.BytesIO(mat_bytes(curation)))["S"].shape == found["S"].shape


def test_all_of_it_in_a_zip(tmp_path):
    curation = curated(stores.v2(tmp_path / "data"), tmp_path / "state")
    with zipfile.ZipFile(io.BytesIO(traces_zip(curation))) as archive:
        assert sorted(archive.namelist()) == ["C.csv", "S.csv", "YrA.csv", "labels.csv"]
        assert len(pd.read_csv(archive.open("C.csv"))) == 60


def test_from_the_command_line(tmp_path, capsys):
    path = stores.v2(tmp_path / "data")
    curated(path, tmp_path / "state").close()
    out = [str(path), "--state-dir", str(tmp_path / "state"), "--cache-dir", str(tmp_path / "cache")]
    targets = ["--cleaned", str(tmp_path / "out"), "--traces", str(tmp_path / "t.csv"), "--variable", "S"]
    assert main(["export", *out, *targets]) == 0
    assert "units became" in capsys.readouterr().out
    assert len(pd.read_csv(tmp_path / "t.csv")) == 60
    assert open_minian(tmp_path / "out").sizes["unit_id"] < len(open_dataset(path).stored_units)
    assert main(["export", *out, "--traces", str(tmp_path / "t.mat"), "--accepted-only"]) == 0
    assert loadmat(tmp_path / "t.mat")["unit_id"].size == 2
    assert main(["export", *out, "--traces", str(tmp_path / "t.txt")]) == 2
    assert "ending in .csv or .mat" in capsys.readouterr().err
