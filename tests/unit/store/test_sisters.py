"""Sessions of an animal merge in minian only when all of them have labels, or none."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from minian_web.store import labels, pending
from minian_web.store.completion import complete_unfinished
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from minian_web.store.sisters import give_identity_labels, without_labels
from tests import stores
from tests.unit.store.minian_opens import killed_after, labels_of, open_minian, open_minian_mf


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def sessions(tmp_path):
    made = stores.sessions(tmp_path, {"s1": None, "s2": None})
    for path in made.values():
        for name in ("b", "b0", "c0", "f", "motion", "YrA", "max_proj"):
            for file in sorted((path / f"{name}.zarr").rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            (path / f"{name}.zarr").rmdir()
    return {name: open_dataset(path, name) for name, path in made.items()}


def test_after_the_offer_minian_gives_each_session_its_own_labels(sessions, tmp_path):
    first, second = sessions.values()
    curation = open_curation(first, state_dir=tmp_path / "state")
    ids = first.unit_ids().tolist()
    curation.act("merge", ids[:2], reviewer="ann")
    curation.act("discard", ids[2:3], reviewer="ann")
    curation.write_arrays()
    assert [dataset.id for dataset in without_labels(sessions.values(), tmp_path / "state")] == ["s2"]
    give_identity_labels(without_labels(sessions.values(), tmp_path / "state"), tmp_path / "state")
    assert without_labels(sessions.values(), tmp_path / "state") == ()
    merged = open_minian_mf([first.path, second.path])["unit_labels"]
    assert {"session", "unit_id"} <= set(merged.dims)
    for dataset, expected in ((first, curation.decisions().labels()), (second, second.unit_ids())):
        there = merged.sel(session=dataset.meta["session"]).squeeze(drop=True)
        assert np.array_equal(there.sel(unit_id=dataset.unit_ids()).values, expected)
    assert open_curation(second, state_dir=tmp_path / "state").decisions().counts()["undecided"] == len(
        second.unit_ids()
    )


def test_identity_labels_cut_short_are_completed_at_start(sessions, tmp_path, monkeypatch):
    first, _ = sessions.values()
    with killed_after(monkeypatch, 7):
        give_identity_labels([first], tmp_path / "state")
    assert [task for _, _, task in pending.marked(tmp_path / "state")] == [pending.IDENTITY]
    (completed,) = complete_unfinished(tmp_path / "state")
    assert completed.problem == ""
    assert labels_of(open_minian(first.path)) == {unit: unit for unit in first.unit_ids().tolist()}
    assert pending.marked(tmp_path / "state") == []


def test_a_curated_session_keeps_its_labels(sessions, tmp_path):
    first, _ = sessions.values()
    curation = open_curation(first, state_dir=tmp_path / "state")
    curation.act("discard", first.unit_ids()[:1], reviewer="ann")
    give_identity_labels([first], tmp_path / "state")
    assert labels_of(open_minian(first.path)) is None
    curation.write_arrays()
    assert labels_of(open_minian(first.path))[int(first.unit_ids()[0])] == -1


def test_labels_and_logs_that_came_after_the_offer_are_left_alone(sessions, tmp_path):
    first, second = sessions.values()
    offered = without_labels(sessions.values(), tmp_path / "state")
    assert offered == (first, second)
    made = {(): labels.identity(second)[()].relabelled(np.full(second.unit_ids().size, -1))}
    labels.write_labels(second, made)  # a notebook
    open_curation(first, state_dir=tmp_path / "state").act("discard", first.unit_ids()[:1], reviewer="ann")
    decided, edited = give_identity_labels(offered, tmp_path / "state")
    assert "has decisions" in decided
    assert "has labels of its own" in edited
    assert labels_of(open_minian(first.path)) is None
    assert set(labels_of(open_minian(second.path)).values()) == {-1}
    assert without_labels(sessions.values(), tmp_path / "state") == ()


def test_a_session_that_cannot_be_written_is_not_offered(sessions, tmp_path, monkeypatch):
    first, second = sessions.values()
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not str(path).startswith(str(second.path)) and real(path, mode)
    )
    assert without_labels(sessions.values(), tmp_path / "state") == (first,)


def test_identity_labels_left_over_never_replace_other_labels(sessions, tmp_path):
    first, _ = sessions.values()
    made = {(): labels.identity(first)[()].relabelled(np.full(first.unit_ids().size, -1))}
    labels.write_labels(first, made)
    pending.mark(tmp_path / "state", first.path, first.id, pending.IDENTITY)
    (completed,) = complete_unfinished(tmp_path / "state")
    assert "has labels of its own" in completed.problem
    assert set(labels_of(open_minian(first.path)).values()) == {-1}
    assert pending.marked(tmp_path / "state") == []


def test_a_session_curated_since_is_completed_from_its_log(sessions, tmp_path):
    first, _ = sessions.values()
    open_curation(first, state_dir=tmp_path / "other").act("discard", first.unit_ids()[:1], reviewer="ann")
    pending.mark(tmp_path / "state", first.path, first.id, pending.IDENTITY)
    (completed,) = complete_unfinished(tmp_path / "state")
    assert completed.problem == ""
    assert labels_of(open_minian(first.path))[int(first.unit_ids()[0])] == -1


def test_nobody_decides_while_identity_labels_are_written(sessions, tmp_path):
    first, _ = sessions.values()
    curation, done = open_curation(first, state_dir=tmp_path / "state"), []

    def act():
        curation.act("discard", first.unit_ids()[:1], reviewer="ann")
        curation.write_arrays()
        done.append(labels_of(open_minian(first.path)))

    @contextmanager
    def hold(_):
        with curation.at_rest():
            thread.start()
            thread.join(0.2)
            assert done == []
            yield
            assert done == []

    thread = threading.Thread(target=act)
    assert give_identity_labels([first], tmp_path / "state", hold) == ()
    thread.join()
    assert done[0][int(first.unit_ids()[0])] == -1


def test_only_what_this_process_owns_is_completed_and_what_is_gone_is_forgotten(sessions, tmp_path):
    first, second = sessions.values()
    for dataset in (first, second):
        pending.mark(tmp_path / "state", dataset.path, dataset.id)
    pending.mark(tmp_path / "state", tmp_path / "gone", "gone")
    done = complete_unfinished(tmp_path / "state", lambda path: path != second.path)
    assert sorted((one.path.name, bool(one.problem)) for one in done) == [("gone", True), ("minian", False)]
    assert [path for path, _, _ in pending.marked(tmp_path / "state")] == [second.path]


def test_an_entry_that_cannot_be_read_is_dropped(tmp_path):
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "x.json").write_text("{")
    assert pending.marked(tmp_path) == []
    assert list((tmp_path / "unfinished").iterdir()) == []


def test_identity_says_nothing(sessions):
    first, _ = sessions.values()
    assert labels.identity(first)[()].counts()["undecided"] == len(first.unit_ids())


def test_a_clean_end_takes_the_dataset_off_the_list(sessions, tmp_path):
    first, _ = sessions.values()
    curation = open_curation(first, state_dir=tmp_path / "state")
    curation.act("discard", first.unit_ids()[:1], reviewer="ann")
    curation.close()
    assert len(pending.marked(tmp_path / "state")) == 1
    curation.write_arrays()
    curation.close()
    assert pending.marked(tmp_path / "state") == []
