"""What is shared by all sessions of a process."""

from __future__ import annotations

import shutil
import threading
import time

import numpy as np
import pytest

from minian_web import runtime as module
from minian_web.errors import BadRequest, DatasetNotFound, OutsideRoots
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from tests import stores


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    root = tmp_path_factory.mktemp("template")
    stores.v2(root / "day1", with_movies=True)
    stores.v2(root / "day2", session="s2")
    return root


@pytest.fixture
def lab(template, tmp_path):
    root = tmp_path / "lab"
    shutil.copytree(template / "day1", root / "day1")
    return root


@pytest.fixture
def runtime(lab, tmp_path):
    one = Runtime(Settings((lab,), state_dir=tmp_path / "state", cache_dir=tmp_path / "cache"))
    yield one
    one.close()


NAME = "lab/day1/minian"


def test_a_dataset_is_opened_once_and_anew_when_the_pipeline_rewrote_it(runtime, lab, template):
    first = runtime.dataset(NAME)
    assert runtime.dataset(NAME) is first
    shutil.rmtree(lab / "day1")
    shutil.copytree(template / "day2", lab / "day1")
    second = runtime.dataset(NAME)
    assert second is not first
    assert second.meta["session"] == "s2"


def test_our_own_writes_do_not_reopen_a_dataset(runtime):
    first = runtime.dataset(NAME)
    curation = runtime.curation(NAME)
    unit = int(first.unit_ids()[0])
    curation.act("discard", [unit], reviewer="ann")
    curation.write_arrays()
    assert runtime.dataset(NAME) is first
    assert runtime.curation(NAME) is curation


def test_a_dataset_that_was_deleted_is_not_served_from_memory(runtime, lab):
    runtime.dataset(NAME)
    shutil.rmtree(lab / "day1" / "minian")
    with pytest.raises(DatasetNotFound, match="day1"):
        runtime.dataset(NAME)


def test_names_that_lead_out_of_the_roots_are_refused(runtime):
    with pytest.raises(OutsideRoots):
        runtime.dataset("lab/../../etc")
    with pytest.raises(OutsideRoots):
        runtime.movie("../lab/day1/minian", "minian_intermediate/varr")


def test_movies_are_found_by_their_name(runtime):
    movie = runtime.movie(NAME, "minian_intermediate/varr")
    assert movie.dtype == np.uint8
    with pytest.raises(DatasetNotFound, match="no movie named 'varr'"):
        runtime.movie(NAME, "varr")


def test_movies_are_looked_for_again_when_told_and_after_a_while(runtime, monkeypatch):
    first = runtime.movies(NAME)
    assert runtime.movies(NAME) is first
    runtime.forget_movies(NAME)
    assert runtime.movies(NAME) is not first
    monkeypatch.setattr(module, "MOVIES_AGE", 0)
    assert runtime.movies(NAME) is not runtime.movies(NAME)


def test_only_the_first_process_writes_until_it_ends(runtime, lab, tmp_path):
    assert runtime.curation(NAME).writable
    second = Runtime(Settings((lab,), state_dir=tmp_path / "other", cache_dir=tmp_path / "cache"))
    try:
        refused = second.curation(NAME)
        assert not refused.writable
        assert "Another process writes here" in refused.read_only_reason
        with pytest.raises(Exception, match="Another process writes here"):
            refused.act("discard", [int(second.dataset(NAME).unit_ids()[0])], reviewer="bob")
        runtime.close()
        assert second.curation(NAME).writable
    finally:
        second.close()


def test_a_read_only_server_claims_nothing(lab, tmp_path):
    one = Runtime(Settings((lab,), state_dir=tmp_path / "state", cache_dir=tmp_path / "cache", read_only=True))
    assert one.curation(NAME).read_only_reason == "The server was started read-only."
    assert not list(lab.rglob(".minian-web*"))
    one.close()


def test_a_folder_of_movies_has_no_cells_to_open(lab, tmp_path):
    shutil.rmtree(lab / "day1" / "minian")
    one = Runtime(Settings((lab,), state_dir=tmp_path / "state", cache_dir=tmp_path / "cache"))
    (entry,) = one.catalog.entries()
    with pytest.raises(BadRequest, match="movies only"):
        one.dataset(entry.id)
    assert [pairing.movie.name for pairing in one.movies(entry.id)]
    one.close()


def test_sessions_of_the_animal_without_labels_are_found_and_given_identity_labels(lab, template, tmp_path):
    shutil.copytree(template / "day2", lab / "day2")
    shutil.copytree(template / "day2", lab / "broken")
    shutil.rmtree(lab / "broken" / "minian" / "A.zarr")
    one = Runtime(Settings((lab,), state_dir=tmp_path / "state", cache_dir=tmp_path / "cache"))
    try:
        unit = int(one.dataset(NAME).unit_ids()[0])
        one.curation(NAME).act("discard", [unit], reviewer="ann")
        one.curation(NAME).write_arrays()
        assert one.sisters(NAME) == ["lab/day2/minian"]
        one.label_sisters(NAME, ["lab/day2/minian", "../../etc", "lab/broken/minian"])
        assert one.sisters(NAME) == []
        labels = stores.open_minian(lab / "day2" / "minian")["unit_labels"]
        assert (labels == labels["unit_id"]).all()
    finally:
        one.close()


def test_a_write_cut_short_is_completed_at_start(lab, tmp_path, caplog):
    settings = Settings((lab,), state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")
    first = Runtime(settings)
    unit = int(first.dataset(NAME).unit_ids()[0])
    first.curation(NAME).act("discard", [unit], reviewer="ann")  # durable, but the arrays do not know it yet
    first.lease_of(lab.resolve()).release()
    second = Runtime(settings)
    try:
        second.complete_unfinished()
        assert "is complete now" in caplog.text
        labels = stores.open_minian(lab / "day1" / "minian")["unit_labels"]
        assert int(labels.sel(unit_id=unit)) == -1
        caplog.clear()
        second.complete_unfinished()
        assert caplog.text == ""
    finally:
        second.close()


def test_closing_twice_is_harmless_and_releases_the_lease(runtime, lab):
    runtime.curation(NAME)
    assert list(lab.rglob(".minian-web.lease"))
    runtime.close()
    runtime.close()
    assert not list(lab.rglob(".minian-web.lease"))


def test_a_save_that_has_begun_ends_before_the_lease_is_released(runtime, lab):
    curation, unit = runtime.curation(NAME), int(runtime.dataset(NAME).unit_ids()[0])
    lease, begun, go_on, told = runtime.lease_of(lab.resolve()), threading.Event(), threading.Event(), []

    def save(_tick):
        begun.set()
        go_on.wait(5)
        told.append(lease.held)
        curation.act("discard", [unit], reviewer="ann")
        curation.write_arrays()

    runtime.jobs.run(save, done=told.append, failed=told.append, short=True)
    assert begun.wait(5)
    threading.Timer(0.3, go_on.set).start()
    runtime.close()
    assert told == [True, None]
    assert not lease.held
    assert int(stores.open_minian(lab / "day1" / "minian")["unit_labels"].sel(unit_id=unit)) == -1


def test_closing_does_not_wait_without_end(runtime, lab, monkeypatch, caplog):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    go_on = threading.Event()
    runtime.jobs.run(lambda _tick: go_on.wait(5), done=print, failed=print, short=True)
    time.sleep(0.05)
    runtime.close()
    assert "1 jobs have not ended within 0.1 s" in caplog.text
    go_on.set()


def test_the_process_has_one_runtime(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_runtime", None)
    monkeypatch.setenv("MINIAN_WEB_ROOTS", str(lab))
    monkeypatch.setenv("MINIAN_WEB_STATE_DIR", str(tmp_path / "state"))
    one = module.get()
    assert module.get() is one
    assert one.settings.roots == (lab,)
    other = module.start(Settings((lab,), state_dir=tmp_path / "state"))
    assert module.get() is other
    other.close()
