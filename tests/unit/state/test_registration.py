"""Cross-Registration without a browser: minian's own result, computing, editing, what is told."""

from __future__ import annotations

import json
import shutil
import time

import numpy as np
import pytest

from minian_web.model.registration.mapping import NONE
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.registration import RegistrationState
from minian_web.store import pickles
from tests import stores
from tests.paths import ANIMAL1
from tests.unit.state.waiting import wait

ID = "lab/animal1/session1/minian"
SESSIONS = ("session1", "session2", "session3")


@pytest.fixture(scope="module", autouse=True)
def quick_pickles():
    """The sample is read by a process of its own once only."""
    real, good = pickles._read, (ANIMAL1 / "mappings.pkl").read_bytes()
    known = real([ANIMAL1 / "mappings.pkl"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pickles, "_read", lambda paths: known if paths[0].read_bytes() == good else real(paths))
        yield


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "lab" / "animal1"
    for session in SESSIONS:
        shutil.copytree(ANIMAL1 / session / "minian", folder / session / "minian")
    for name in ("mappings.pkl", "shiftds.nc"):
        shutil.copy(ANIMAL1 / name, folder / name)
    return tmp_path / "lab"


def opened(runtime, **inputs):
    state = RegistrationState(runtime=runtime, dataset=ID, reviewer="ann", **inputs)
    state.open()
    wait(lambda: state.error or (complete(state) and state.evidence is not None))
    assert state.error == ""
    return state


def complete(state):
    return state.scene is not None and len(state.scene.parts) == 3 and state.drawn is not None


def settled(state):
    wait(lambda: state.saving != "saving")


def test_the_page_shows_minians_registration(runtime):
    state = opened(runtime(), labels=False)
    assert state.registration == "minian"
    assert state.display.channels == SESSIONS
    assert state.matches.counts() == {1: 8, 2: 17, 3: 12}
    assert state.notices == []
    assert state.picture.shape == state.scene.shape == (128, 160)
    assert {session: len(units) for session, units in state.drawn.items()} == dict(
        zip(SESSIONS, (27, 27, 24), strict=True)
    )
    assert state.evidence.id == state.match == 0
    assert [crop.session for crop in state.evidence.crops] == list(SESSIONS)
    assert all(pair.distance < 5 and pair.jaccard > 0.3 for pair in state.evidence.pairs)
    assert set(state.evidence.traces) == set(SESSIONS)
    wait(lambda: state.quality is not None and state.preview and state.distances is not None)
    assert state.preview == {1: 8, 2: 17, 3: 12}
    assert state.distances.matched.max() < 5
    assert (state.quality.after[np.triu_indices(3, 1)] > state.quality.before[np.triu_indices(3, 1)]).all()
    assert state.quality.warnings == ()


def test_matched_are_the_cells_in_all_sessions_chosen(runtime):
    state = opened(runtime(), labels=False)
    state.show_unmatched = False
    wait(lambda: len(state.drawn["session1"]) == 12)
    state.session_b = ""
    both = state.matches.matched(["session1", "session2"]).sum()
    wait(lambda: set(state.drawn) == {"session1", "session2"} and len(state.drawn["session1"]) == both)
    assert not (state.picture >> 16 & 255).any()
    state.param.update(show_matched=False, show_unmatched=True)
    wait(lambda: len(state.drawn["session1"]) == 27 - both)
    state.show_unmatched = False
    wait(lambda: len(state.drawn["session1"]) == 0)
    assert not (state.picture & 0xFFFFFF).any()


def test_erosion_and_brightness_change_the_picture(runtime):
    state = opened(runtime())
    before = np.count_nonzero(state.picture & 0xFFFFFF)
    state.erode = 7
    wait(lambda: np.count_nonzero(state.picture & 0xFFFFFF) < before)
    state.brightness = 0.5
    wait(lambda: (state.picture & 255).min() == 128)


def test_labels_make_cells_and_what_they_change_is_told(runtime):
    state = opened(runtime())
    assert len(state.scene.footprints["session3"].unit_ids) == 21
    column = state.matches.units[:, 2]
    assert not set(column[column != NONE].tolist()) & {3, 4, 8}
    assert any("merged into one cell" in text for text in state.notices)
    state.labels = False
    wait(lambda: len(state.scene.footprints["session3"].unit_ids) == 24)
    assert state.matches.counts()[3] == 12


def test_a_click_chooses_the_match_of_the_cell(runtime):
    state = opened(runtime(), labels=False)
    row = state.matches.row(5)
    at = state.scene.footprints["session1"]
    height, width = at.centroids[at.position(row.units[0])]
    state.pick(float(height), float(width))
    assert state.match == 5
    state.pick(float(height), float(width), add=True)
    assert state.marked == [5]
    state.pick(-50.0, -50.0)
    assert state.match == 5


def test_edits_are_saved_and_there_after_a_restart(runtime):
    made = runtime()
    state = opened(made, labels=False)
    state.change("keep")
    settled(state)
    assert (state.matches.row(0).status, state.saving) == ("kept", "saved")
    state.step(1)
    state.change("break")
    settled(state)
    assert state.matches.counts() == {1: 11, 2: 17, 3: 11}
    made.close()
    again = opened(runtime(), labels=False)
    assert again.matches.rows() == state.matches.rows()
    assert [line[1:3] for line in again.history()] == [("ann", "break"), ("ann", "keep")]
    again.undo()
    wait(lambda: again.matches.counts()[3] == 12)
    again.redo()
    wait(lambda: again.matches.counts()[3] == 11)


def test_marked_matches_are_joined(runtime):
    state = opened(runtime(), labels=False)
    state.change("break")
    settled(state)
    units = [one for one in state.matches.ids.tolist() if one in (0, 37, 38)]
    state.mark(units[0])
    state.mark(units[1])
    state.match = units[2]
    state.change("join")
    settled(state)
    assert state.matches.counts()[3] == 12
    assert state.marked == []


def test_an_edit_waits_for_a_name(runtime):
    state = opened(runtime())
    state.reviewer = ""
    state.change("drop")
    assert state.asks_name
    assert state.history() == []
    state.reviewer = "bob"
    wait(lambda: state.history() and state.history()[0][1:3] == ("bob", "drop"))


def test_others_see_an_edit_at_once(runtime):
    made = runtime()
    one, two = opened(made), opened(made)
    one.change("keep")
    wait(lambda: two.matches.row(0).status == "kept")


def test_nonsense_is_refused_with_the_reason(runtime):
    state = opened(runtime(), labels=False)
    state.change("join")
    wait(lambda: "mark two or more" in state.message)
    state.step(len(state.matches))
    assert state.match == state.matches.ids[-1]
    assert opened(runtime(), match=999).message == "There is no match 999."


def computed(state, distance=5.0, labels=False):
    state.compute(state.sisters, 0, distance, labels)
    wait(lambda: state.draft or state.message)
    wait(lambda: complete(state) and state.preview)
    return state


def test_computing_gives_minians_matches_and_saving_keeps_them(runtime, root):
    made = runtime()
    state = opened(made, labels=False)
    theirs = {tuple(row) for row in state.matches.units.tolist()}
    computed(state)
    assert {tuple(row) for row in state.matches.units.tolist()} == theirs
    assert state.current.shifts["session1"] == (0.0, 0.0)
    before = {path for path in root.rglob("*") if path.is_dir()}
    state.change("keep")
    assert state.message == "Save the registration first."
    state.save()
    wait(lambda: not state.draft and state.registration != "minian" and complete(state))
    assert {path for path in root.rglob("*") if path.is_dir()} == before
    state.match = 0
    state.change("keep")
    settled(state)
    made.close()
    again = opened(runtime(), labels=False)
    assert again.registration == state.registration
    assert again.matches.row(0).status == "kept"
    assert {tuple(row) for row in again.matches.units.tolist()} == theirs
    assert again.notices == []


def test_the_distance_is_followed_live_in_a_draft(runtime):
    state = computed(opened(runtime(), labels=False))
    state.distance = 0.6
    wait(lambda: state.matches.counts()[3] < 12)
    assert state.current.parameters["max_distance"] == 0.6


def test_the_distance_of_a_saved_registration_is_a_preview_until_it_is_taken(runtime):
    state = opened(runtime(), labels=False)
    wait(lambda: state.preview)
    state.distance = 0.6
    wait(lambda: state.preview[3] < 12)
    assert state.matches.counts()[3] == 12
    state.redo_at_distance()
    assert state.draft
    wait(lambda: state.matches.counts()[3] < 12)


def test_computing_can_be_cancelled(runtime):
    state = opened(runtime())
    matches = state.matches
    state.compute(state.sisters, 0, 5.0, True)
    state.cancel()
    assert not state.computing
    assert "Cancelled" in state.message
    time.sleep(0.3)
    assert state.matches is matches
    assert not state.draft


def test_fewer_than_two_sessions_are_refused(runtime):
    state = opened(runtime())
    state.compute(state.sisters[:1], 0, 5.0, True)
    assert "two or more" in state.message


def test_a_registration_is_stale_when_labels_or_footprints_changed_since(runtime, root):
    state = computed(opened(runtime()), labels=True)
    state.save()
    wait(lambda: not state.draft and state.registration != "minian")
    path = next((root / "animal1").glob("registration-2*.json"))
    content = json.loads(path.read_text())
    content["sessions"][0]["labels"] = "other"
    content["sessions"][1]["footprints"] = "other"
    path.write_text(json.dumps(content))
    again = opened(runtime())
    stale = next(text for text in again.notices if "out of date" in text)
    assert "session1: its merges and discards have changed" in stale
    assert "session2: its footprints were rewritten" in stale


def test_a_missing_session_and_unknown_units_are_told(runtime, root):
    shutil.rmtree(root / "animal1" / "session2")
    state = RegistrationState(runtime=runtime(), dataset=ID, reviewer="ann", labels=False)
    state.open()
    wait(lambda: state.error or (state.scene is not None and len(state.scene.parts) == 2 and state.drawn))
    assert any(text.startswith("session2: no dataset") for text in state.notices)
    assert state.display.channels == ("session1", "session3", "")
    assert state.matches.counts() == {1: 8, 2: 17, 3: 12}


def test_units_that_the_mapping_does_not_know_are_told(runtime, root):
    names = {"a": "s1", "b": "s2"}
    for folder, session in names.items():
        stores.v2(root / "a1" / folder, session=session)
    state = RegistrationState(runtime=runtime(), dataset="lab/a1/a/minian", reviewer="ann")
    state.open()
    wait(lambda: state.found)
    assert state.sources == []
    assert [member.name for member in state.sisters] == ["s1", "s2"]
    state.compute(state.sisters, 1, 5.0, True)
    wait(lambda: state.draft and state.scene is not None)
    assert state.display.channels == ("s1", "s2", "")
    state.save()
    wait(lambda: not state.draft and state.registration)
    path = next((root / "a1").glob("registration-*.json"))
    assert path.exists()


def test_of_several_animals_that_of_the_dataset_is_shown_first(runtime, monkeypatch):
    from minian_web.store import registration as store

    read = store.read_minian

    def two(folder, cache):
        one = read(folder, cache)[()]
        return {(("animal", "other"),): one, (("animal", "animal1"),): one}

    monkeypatch.setattr(store, "read_minian", two)
    state = opened(runtime(), labels=False)
    assert state.metas == [(("animal", "other"),), (("animal", "animal1"),)]
    assert state.meta == (("animal", "animal1"),)
    assert state.notices == []
    state.meta = (("animal", "other"),)
    wait(lambda: any("not among the sessions" in text for text in state.notices))


def test_a_folder_of_movies_is_refused(runtime, tmp_path, root):
    shutil.copytree(stores.v2(tmp_path / "x", with_movies=True).parent / "minian_intermediate", root / "only_movies")
    state = RegistrationState(runtime=runtime(), dataset="lab/only_movies")
    state.open()
    wait(lambda: state.error)
    assert "movies only" in state.error or "no dataset" in state.error


def test_a_damaged_registration_is_an_error_with_the_file(runtime, root):
    (root / "animal1" / "mappings.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    state = RegistrationState(runtime=runtime(), dataset=ID)
    state.open()
    wait(lambda: state.error)
    assert "mappings.pkl" in state.error
    assert "os.system" in state.error


def test_tables_can_be_exported(runtime):
    state = opened(runtime(), labels=False)
    state.prepare_exports()
    wait(lambda: state.exports)
    assert state.exports["wide"].count(b"\n") == 38
    assert state.exports["long"].count(b"\n") == 79


def test_a_read_only_server_shows_and_refuses_changes(tmp_path, root):
    settings = Settings(roots=(root,), state_dir=tmp_path / "state", cache_dir=None, read_only=True)
    made = Runtime(settings)
    state = opened(made, labels=False)
    assert any("Nothing can be changed here" in text for text in state.notices)
    state.change("keep")
    assert "read-only" in state.message
    made.close()
