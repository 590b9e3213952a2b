"""The home page's state, without a browser."""

from __future__ import annotations

import shutil
import time

import numpy as np
import pytest

from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.home import HomeState, few
from minian_web.state.rows import COLUMNS
from tests import stores


def home(runtime, **inputs):
    return HomeState(runtime, deliver=lambda callback: callback(), **inputs)


@pytest.fixture
def runtime_of(tmp_path):
    made = []

    def make(*roots, **options):
        made.append(Runtime(Settings(roots, state_dir=tmp_path / "state", cache_dir=tmp_path / "cache", **options)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Three sessions of one animal: with a movie, without, broken; nothing in it is changed by a test."""
    root = tmp_path_factory.mktemp("roots") / "lab"
    stores.v2(root / "m1" / "day1", session="s1", with_movies=True)
    stores.v2(root / "m1" / "day2", session="s2")
    stores.text_instead_of_zarr(root / "m1" / "day3")
    return root


def loaded(state):
    state.load()
    state._listing.wait(60)
    return state


def looked(state, name):
    state.chosen = name
    state._looking.wait(60)
    return state.preview


def test_every_dataset_has_a_row_with_its_details(runtime_of, lab):
    state = loaded(home(runtime_of(lab)))
    assert list(state.table.index) == ["lab/m1/day1/minian", "lab/m1/day2/minian", "lab/m1/day3/minian"]
    filled = dict(zip(COLUMNS, state.filled["lab/m1/day1/minian"], strict=True))
    assert filled["Session"] == "s1"
    assert int(filled["Units"]) > 0
    assert filled["Reviewed"] == "not yet"
    assert filled["Movies"] != "—"
    assert state.progress is None
    assert state.counts == "3 datasets"


def test_names_are_shown_before_any_detail_is_read(runtime_of, lab, monkeypatch):
    runtime = runtime_of(lab)
    state = home(runtime)
    rows = []
    details = runtime.catalog.details
    monkeypatch.setattr(runtime.catalog, "details", lambda entry: rows.append(len(state.table)) or details(entry))
    loaded(state)
    assert rows == [3, 3, 3]


def test_a_broken_dataset_is_listed_and_says_why(runtime_of, lab):
    state = loaded(home(runtime_of(lab)))
    assert "cannot be read" in state.filled["lab/m1/day3/minian"]
    preview = looked(state, "lab/m1/day3/minian")
    assert "expected" in preview.problem
    assert "day3" in preview.problem
    assert state.error == ""


def test_words_filter_the_table_by_name_and_details(runtime_of, lab):
    state = loaded(home(runtime_of(lab)))
    state.query = "DAY2 m1"
    assert list(state.table.index) == ["lab/m1/day2/minian"]
    assert state.counts == "1 of 3 datasets"
    state.query = "s1"
    assert list(state.table.index) == ["lab/m1/day1/minian"]
    state.query = "cannot be read"
    assert list(state.table.index) == ["lab/m1/day3/minian"]
    state.query = "nothing like it"
    assert state.table.empty


def test_the_preview_says_what_there_is_and_where_decisions_go(runtime_of, lab):
    preview = looked(loaded(home(runtime_of(lab))), "lab/m1/day1/minian")
    assert preview.image is not None
    assert preview.image.dtype == np.uint8
    assert preview.writable
    assert preview.labels == str(lab / "m1" / "day1" / "minian" / "curation.jsonl")
    assert preview.movies
    assert preview.details is not None
    assert preview.details.session == "s1"


def test_the_preview_of_a_read_only_server_says_so(runtime_of, lab):
    preview = looked(loaded(home(runtime_of(lab, read_only=True))), "lab/m1/day1/minian")
    assert not preview.writable
    assert preview.labels == "The server was started read-only."


def test_a_second_server_reads_only_and_names_the_first(runtime_of, lab, tmp_path):
    first = runtime_of(lab)
    assert first.curation("lab/m1/day1/minian").writable
    second = Runtime(Settings((lab,), state_dir=tmp_path / "other", cache_dir=tmp_path / "cache"))
    try:
        preview = looked(loaded(home(second)), "lab/m1/day1/minian")
        assert not preview.writable
        assert "Another process writes here" in preview.labels
        assert "pid" in preview.labels
    finally:
        second.close()


@pytest.mark.parametrize("name", ["../../etc", "lab/../../etc", "/etc", "lab/m1", "nowhere", "lab/m1/day1/minian\0"])
def test_a_name_that_leads_nowhere_is_an_error_that_names_it(runtime_of, lab, name):
    state = loaded(home(runtime_of(lab)))
    state.chosen = name
    state._looking.wait(60)
    assert state.error
    assert state.preview is None


def test_an_error_goes_when_another_dataset_is_chosen(runtime_of, lab):
    state = loaded(home(runtime_of(lab)))
    state.chosen = "nowhere"
    state._looking.wait(60)
    looked(state, "lab/m1/day1/minian")
    assert state.error == ""


def test_steps_stay_inside_the_shown_rows(runtime_of, lab):
    state = loaded(home(runtime_of(lab)))
    state.step(1)
    assert state.chosen == "lab/m1/day1/minian"
    state.step(-1)
    assert state.chosen == "lab/m1/day1/minian"
    state.step(1)
    state.step(1)
    state.step(1)
    assert state.chosen == "lab/m1/day3/minian"


def test_a_folder_of_movies_alone_is_listed_and_previewed(runtime_of, tmp_path):
    shutil.rmtree(stores.v2(tmp_path / "lab" / "m2", with_movies=True))
    state = loaded(home(runtime_of(tmp_path / "lab")))
    assert state.counts == "1 dataset"
    (name,) = state.table.index
    preview = looked(state, name)
    assert preview.entry.kind == "movies"
    assert preview.movies
    assert preview.image is None


def test_without_roots_the_page_says_how_to_give_them(runtime_of):
    state = loaded(home(runtime_of()))
    assert state.empty[0] == "No folder is served"
    assert "minian-web serve" in state.empty[1]


def test_a_root_without_datasets_says_what_was_looked_for_and_what_is_there(runtime_of, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "photos").mkdir(parents=True)
    state = loaded(home(runtime_of(tmp_path / "empty", tmp_path / "full")))
    assert state.empty[0] == "No dataset was found"
    assert r"minian(\.nc|\.zarr)?$" in state.empty[1]
    assert state.empty[2] == f"{tmp_path / 'empty'} is empty"
    assert state.empty[3] == f"{tmp_path / 'full'} holds photos/"


def test_folders_that_cannot_be_looked_into_are_named(runtime_of, lab, tmp_path):
    state = loaded(home(runtime_of(lab, tmp_path / "gone")))
    assert state.notices == [f"{tmp_path / 'gone'}: no such folder"]
    assert few(["a", "b", "c", "d", "e"]) == ["a", "b", "c", "2 more such problems"]


def test_leaving_the_page_stops_the_listing(runtime_of, lab, monkeypatch):
    runtime = runtime_of(lab)
    monkeypatch.setattr(runtime.catalog, "details", lambda _: time.sleep(0.3))
    monkeypatch.setattr("minian_web.state.home.SECONDS_BETWEEN_BATCHES", 0)
    state = home(runtime)
    state.load()
    state.close()
    state._listing.wait(10)
    assert not state.filled
