"""The review of a dataset, without a browser."""

import shutil

import numpy as np
import pytest

from minian_web.errors import NotWritable
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.review import ReviewState
from minian_web.store import files
from minian_web.store import saver as saving
from tests import stores
from tests.unit.state.waiting import wait

ID = "data/minian"


@pytest.fixture
def root(tmp_path):
    stores.v2(tmp_path / "data", with_movies=True)
    return tmp_path / "data"


def opened(runtime, **inputs):
    state = ReviewState(runtime=runtime, dataset=ID, reviewer="ann", **inputs)
    state.open()
    wait(lambda: state.error or (state.footprints is not None and state.traces))
    assert state.error == ""
    return state


def full_disk(state, monkeypatch):
    """Nothing can be written until the list that is given is cleared."""
    act, full = state.opened.curation.act, [True]

    def refuse(*arguments, **how):
        if full:
            raise NotWritable("no space left on device")
        return act(*arguments, **how)

    monkeypatch.setattr(state.opened.curation, "act", refuse)
    return full


def saved(state):
    wait(lambda: state.saving == "saved")


def test_everything_that_the_page_shows_is_there(runtime):
    state = opened(runtime())
    units = state.opened.dataset.unit_ids()
    assert sorted(state.walk.order) == sorted(units.tolist())
    assert [one.unit_id for one in state.traces] == list(state.walk.shown)
    np.testing.assert_array_equal(state.traces[0].c, state.opened.dataset.traces("C", [state.walk.shown[0]])[0])
    wait(lambda: state.movie)
    assert state.movie.endswith("Y_fm_chk")


def test_a_decision_is_shown_at_once_and_is_there_after_a_restart(runtime):
    state = opened(runtime())
    first, second, third = state.walk.order[:3]
    state.decide("keep")
    assert state.decisions.of(first).status == "kept"
    assert state.walk.current == second
    state.go("toggle", third)
    state.decide("merge")
    saved(state)
    again = opened(runtime())
    assert again.decisions.of(first).status == "kept"
    assert again.decisions.cell(second) == tuple(sorted((second, third)))
    assert again.opened.curation.history()[-1].reviewer == "ann"
    labels = stores.stored(again.opened.dataset.path / "A.zarr" / "unit_labels")
    np.testing.assert_array_equal(labels, again.decisions.labels())


def test_undo_and_redo(runtime):
    state = opened(runtime(), advance=False)
    unit = state.walk.current
    state.decide("discard")
    state.undo()
    saved(state)
    assert state.decisions.of(unit).status == "undecided"
    state.redo()
    saved(state)
    assert state.decisions.of(unit).status == "discarded"
    state.redo()
    saved(state)
    assert state.message


def test_without_a_name_nothing_is_decided_until_it_is_given(runtime):
    state = opened(runtime())
    state.reviewer = ""
    unit = state.walk.current
    state.decide("keep")
    assert state.asks_name
    assert state.decisions.of(unit).status == "undecided"
    state.reviewer = "bob"
    saved(state)
    assert state.decisions.of(unit).status == "kept"
    assert state.opened.curation.history()[-1].reviewer == "bob"


def test_what_makes_no_sense_is_refused_with_the_reason(runtime):
    state = opened(runtime())
    state.decide("merge")
    assert "two cells" in state.message
    state.decide("unmerge")
    assert "not merged" in state.message
    assert state.saving == "saved"
    assert state.opened.curation.history() == ()


def test_two_reviewers_see_each_other_and_the_place_is_kept(runtime):
    shared = runtime()
    ann, bob = opened(shared), opened(shared)
    bob.reviewer = "bob"
    bob.go("next_group")
    place, unit = bob.walk, ann.walk.current
    ann.decide("discard")
    saved(ann)
    wait(lambda: bob.decisions.of(unit).status == "discarded")
    assert bob.walk == place


def test_a_full_disk_keeps_the_decision_and_says_so(runtime, monkeypatch):
    monkeypatch.setattr(saving, "RETRY_SECONDS", 0.05)
    state = opened(runtime(), advance=False)
    unit = state.walk.current
    full = full_disk(state, monkeypatch)
    state.decide("discard")
    wait(lambda: state.saving == "waiting")
    assert "no space" in state.waiting_for
    assert state.decisions.of(unit).status == "discarded"
    full.clear()
    saved(state)
    assert state.opened.curation.decisions().of(unit).status == "discarded"


def test_a_page_opened_while_the_disk_is_full_shows_what_waits(runtime, monkeypatch):
    monkeypatch.setattr(saving, "RETRY_SECONDS", 0.05)
    shared = runtime()
    state = opened(shared, advance=False)
    unit = state.walk.current
    full = full_disk(state, monkeypatch)
    state.decide("discard")
    wait(lambda: state.saving == "waiting")
    state.close()
    again = opened(shared)
    assert again.saving in ("waiting", "saving")
    assert again.decisions.of(unit).status == "discarded"
    full.clear()
    saved(again)
    assert again.opened.curation.decisions().of(unit).status == "discarded"


def test_who_comes_second_on_the_same_unit_is_told(runtime):
    shared = runtime()
    ann, bob = opened(shared, advance=False), opened(shared, advance=False)
    bob.reviewer = "bob"
    unit, other = ann.walk.order[:2]
    seen = bob.decisions
    ann.go("toggle", other)
    ann.decide("merge")
    saved(ann)
    bob.decisions = seen  # as if the news had not reached him yet
    bob.decide("discard")
    wait(lambda: bob.message)
    assert "merged by now" in bob.message
    wait(lambda: bob.decisions.of(unit).status == "merged")
    assert ann.opened.curation.decisions().of(unit).status == "merged"


def test_exports_are_made_beside_the_page(runtime):
    state = opened(runtime())
    state.prepare_exports()
    wait(lambda: state.exports)
    assert state.exports["csv"].startswith(b"unit_id,unit_label,status")
    assert state.exports["zarr"][:2] == b"PK"
    assert state.export("csv") == state.exports["csv"]
    state.exports = {}
    assert state.export("csv").startswith(b"unit_id,unit_label,status")


def test_a_page_that_was_left_hears_nothing_more(runtime):
    shared = runtime()
    ann, bob = opened(shared), opened(shared)
    bob.close()
    ann.decide("keep")
    saved(ann)
    assert bob.decisions is None
    assert bob.footprints is None


def test_read_only_says_so_before_work_is_done(tmp_path, root):
    runtime = Runtime(Settings(roots=(root,), state_dir=tmp_path / "s", cache_dir=tmp_path / "c", read_only=True))
    state = opened(runtime)
    assert any("read-only" in notice for notice in state.notices)
    state.decide("keep")
    assert "read-only" in state.message
    assert state.decisions.counts()["kept"] == 0
    runtime.close()


def test_a_read_only_folder_takes_decisions_on_this_computer(runtime, monkeypatch):
    monkeypatch.setattr(files, "can_write", lambda folder: False)
    state = opened(runtime())
    state.decide("keep")
    saved(state)
    assert state.opened.curation.decisions().counts()["kept"] == 1


def test_a_box_forms_groups_inside_and_an_empty_one_changes_nothing(runtime):
    state = opened(runtime())
    dataset = state.opened.dataset
    unit = int(state.footprints.unit_ids[0])
    row, column = state.footprints.centroids[0]
    heights, widths = dataset.heights[0] + row, dataset.widths[0] + column
    state.pick_box((heights - 1, heights + 1), (widths - 1, widths + 1))
    assert state.walk.group[0] == unit or unit in state.walk.group
    assert state.walk.within_box
    before = state.walk
    state.pick_box((-90, -80), (-90, -80))
    assert state.walk == before
    assert "no units" in state.message


def test_a_click_goes_to_the_unit_and_shift_marks_it(runtime):
    state = opened(runtime())
    dataset, other = state.opened.dataset, state.walk.groups[-1][-1]
    row, column = state.footprints.centroids[state.footprints.position(other)]
    state.pick(dataset.heights[0] + row, dataset.widths[0] + column, add=True)
    assert state.walk.marked
    state.pick(dataset.heights[0] + row, dataset.widths[0] + column)
    assert state.walk.current in state.walk.order


def test_links_to_what_is_not_there(runtime):
    state = opened(runtime(), unit=9999, frame=99999)
    assert "9999" in state.message
    assert state.walk.current == state.walk.order[0]
    assert state.position == state.opened.dataset.frames.size - 1


@pytest.mark.parametrize("name", ["data/../../etc", "/etc", "data/nothing", "\0", "x" * 10_000])
def test_hostile_names_give_a_clear_error(runtime, name):
    state = ReviewState(runtime=runtime(), dataset=name)
    state.open()
    wait(lambda: state.error)
    assert "Traceback" not in state.error


def test_broken_datasets_give_the_file_and_the_reason(runtime, root):
    shutil.rmtree(root / "minian" / "A.zarr" / "A")
    state = ReviewState(runtime=runtime(), dataset=ID)
    state.open()
    wait(lambda: state.error)
    assert "A.zarr" in state.error


def test_merged_datasets_are_reviewed_session_by_session(tmp_path, runtime):
    stores.merged(tmp_path / "data" / "both")
    state = ReviewState(runtime=runtime(), dataset="data/both/minian", reviewer="ann")
    state.open()
    wait(lambda: state.error or state.traces)
    assert state.error == ""
    keys = state.opened.dataset.keys
    state.decide("discard")
    saved(state)
    state.key = keys[1]
    wait(lambda: state.opened is not None and state.opened.key == keys[1] and state.traces)
    assert state.decisions.counts()["discarded"] == 0
