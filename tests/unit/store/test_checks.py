from __future__ import annotations

import json
import os

import pytest

from minian_web.settings import Settings
from minian_web.store.checks import check
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from minian_web.store.lease import Lease
from tests import stores


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "data").mkdir()
    return Settings(roots=(tmp_path / "data",), cache_dir=tmp_path / "cache", state_dir=tmp_path / "state")


@pytest.fixture
def data(settings):
    return settings.roots[0]


def report(settings, **options):
    findings = list(check(settings, **options))
    return "\n".join(finding.text for finding in findings), all(finding.fine for finding in findings)


def test_good_data_are_fine(settings, data):
    stores.sessions(data, {"s1": "identity", "s2": None})
    text, fine = report(settings)
    assert fine
    assert "data/a1/s1/minian: fine; 10 units (10 undecided), 60 frames" in text
    assert f"{data}: nobody is writing here" in text
    assert not list(data.glob(".minian-web*")), "the lease was not given back"


def test_a_check_without_decisions_writes_nothing(settings, data):
    stores.v2(data, labels="identity", with_movies=True)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    report(settings)
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()} == before


def decide(dataset_path, settings):
    curation = open_curation(open_dataset(dataset_path, "data/minian"), state_dir=settings.state_dir)
    curation.act("discard", curation.dataset.stored_units[:1].tolist(), reviewer="ann")


def test_torn_labels_are_completed(settings, data):
    dataset = stores.v2(data, labels="identity")
    decide(dataset, settings)  # in the log, but not yet in the arrays
    assert (stores.stored(dataset / "A.zarr" / "unit_labels") >= 0).all()
    text, fine = report(settings)
    assert fine
    assert "were completed from the log" in text
    assert "9 undecided, 1 discarded" in text
    for name in ("A", "C", "S", "b0", "c0"):
        assert stores.stored(dataset / f"{name}.zarr" / "unit_labels")[0] == -1


@pytest.mark.parametrize("reason", ["read_only", "another writer"])
def test_torn_labels_are_told_where_nothing_may_be_written(settings, data, reason):
    dataset = stores.v2(data, labels="identity")
    decide(dataset, settings)
    writer = Lease(data, settings.state_dir)
    if reason == "read_only":
        settings = Settings(settings.roots, cache_dir=settings.cache_dir, state_dir=settings.state_dir, read_only=True)
    else:
        assert writer.acquire()
    text, fine = report(settings)
    writer.release()
    assert not fine
    assert "labels have not reached all arrays" in text
    assert ("Another process writes here" in text) == (reason == "another writer")
    assert (stores.stored(dataset / "A.zarr" / "unit_labels") >= 0).all()


def test_nothing_is_completed_beside_a_server_for_a_folder_inside(settings, data):
    inside, outside = stores.v2(data / "animal1", labels="identity"), stores.v2(data / "animal2", labels="identity")
    for dataset in (inside, outside):
        decide(dataset, settings)
    server = Lease(inside.parent, settings.state_dir)
    assert server.acquire()
    text, fine = report(settings)
    server.release()
    assert not fine
    said = next(line for line in text.splitlines() if line.startswith("data/animal1/minian: Another"))
    assert f"pid {os.getpid()}" in said
    assert "data/animal1/minian: labels have not reached all arrays" in text
    assert "data/animal2/minian: fine" in text
    assert (stores.stored(inside / "A.zarr" / "unit_labels") >= 0).all()
    assert (stores.stored(outside / "A.zarr" / "unit_labels") < 0).any()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (stores.without_array, "A"),
        (stores.text_instead_of_zarr, "A.zarr"),
        (stores.broken_json, ".zarray"),
        (stores.wrong_dims, "dimensions"),
        (stores.without_coordinates, "coordinate"),
        (stores.half_written, "C.zarr"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_checked_all_the_same(settings, data, broken, said):
    broken(data / "one")
    stores.v2(data / "two")
    text, fine = report(settings)
    assert not fine
    assert next(line for line in text.splitlines() if line.startswith("data/one/minian: ")).count(said)
    assert "data/two/minian: fine" in text


def test_a_truncated_chunk_is_found_by_a_deep_check(settings, data):
    stores.truncated_chunk(data, "C")
    assert report(settings)[1]
    text, fine = report(settings, deep=True)
    assert not fine
    assert "C.zarr/C" in text


def test_a_broken_movie_is_named(settings, data):
    stores.v2(data, with_movies=True)
    (data / "minian_intermediate" / "varr.zarr" / "varr" / ".zarray").write_text("{")
    text, fine = report(settings)
    assert not fine
    assert "varr.zarr/varr/.zarray" in text


def test_a_damaged_log_is_a_problem_and_stays_as_it_is(settings, data):
    dataset = stores.v2(data)
    decide(dataset, settings)
    log = dataset / "curation.jsonl"
    lines = log.read_text().splitlines()
    lines[1] = lines[1].replace('"ann"', '"eve"')
    log.write_text("\n".join(lines) + "\n")
    before = log.read_bytes()
    text, fine = report(settings)
    assert not fine
    assert "line 2" in text
    assert log.read_bytes() == before


def test_a_folder_without_datasets_is_no_success(settings):
    text, fine = report(settings)
    assert not fine
    assert "no dataset" in text


def test_stale_consolidated_metadata_do_not_matter(settings, data):
    stores.stale_metadata(data)
    assert json.loads((data / "minian" / "A.zarr" / ".zmetadata").read_text())["metadata"]["A/.zarray"]["order"] == "F"
    assert report(settings, deep=True)[1]
