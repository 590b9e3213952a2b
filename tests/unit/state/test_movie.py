"""The Movie Viewer's state: which movie, which frame, how bright; no browser."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from minian_web.jobs import Job
from minian_web.model.frame_statistics import FrameStatistics
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.movie import MovieState
from minian_web.store.lease import Lease
from minian_web.store.masks import read_mask
from tests import stores
from tests.movies import Now, numbered, write_movie


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    stores.v2(root / "s1", with_movies=True)
    return root


@pytest.fixture
def runtime(root, tmp_path):
    runtime = Runtime(Settings(roots=(root,), cache_dir=tmp_path / "cache", state_dir=tmp_path / "state"))
    runtime.jobs.close()
    runtime.jobs = Now()
    yield runtime
    runtime.jobs = SimpleNamespace(close=lambda _patience: None)
    runtime.close()


def opened(runtime, dataset="root/s1/minian", **inputs):
    state = MovieState(runtime, dataset=dataset, **inputs)
    state.open()
    return state


def named(state, variable):
    return next(one.movie.name for one in state.movies if one.movie.variable == variable)


def test_a_movie_of_the_dataset_is_shown_at_its_first_frame(runtime):
    state = opened(runtime)
    assert state.error == state.message == ""
    assert {one.movie.variable for one in state.movies} >= {"varr", "Y_fm_chk"}
    assert state.shown.movie.name == state.movie
    assert state.position == 0
    low, high = state.main.limits
    assert low < high


def test_the_movie_and_frame_of_the_address(runtime):
    name = named(opened(runtime), "varr")
    state = opened(runtime, movie=name, frame=17)
    assert state.shown.movie.variable == "varr"
    assert state.position == 17
    assert state.message == ""


def test_an_unknown_frame_is_said_and_the_nearest_shown(runtime):
    state = opened(runtime, frame=99999)
    last = state.shown.movie.n_frames - 1
    assert state.position == last
    assert "no frame 99999" in state.message
    assert f"0 to {last}" in state.message
    assert state.frame == last


def test_an_unknown_movie_is_said_and_another_shown(runtime):
    state = opened(runtime, movie="nonsense", frame=99999)
    assert "no movie named nonsense" in state.message
    assert "no frame 99999" in state.message
    assert state.shown is not None


def test_frame_coordinates_that_step(runtime, tmp_path):
    write_movie(tmp_path / "root" / "alone", numbered(10), chunks=(10, 6, 9), frames=np.arange(10) * 2)
    state = opened(runtime, "root/alone", frame=8)
    assert state.position == 4
    state.position = 6
    state.settle()
    assert state.frame == 12


def test_choosing_another_movie_keeps_the_frame(runtime):
    state = opened(runtime, frame=17)
    other = next(one.movie.name for one in state.movies if one.movie.name != state.movie)
    state.choose(other)
    assert (state.movie, state.position) == (other, 17)
    state.choose("nonsense")
    assert state.movie == other


def test_a_dataset_without_movies(runtime, root):
    stores.v2(root / "s2")
    state = opened(runtime, "root/s2/minian")
    assert state.looked
    assert state.shown is None
    assert state.error == ""


@pytest.mark.parametrize("dataset", ["root/nonsense", "../../etc", "root/../../etc", "/etc"])
def test_no_such_dataset(runtime, dataset):
    assert opened(runtime, dataset).error


def test_contrast(runtime):
    state = opened(runtime)
    auto = state.main.limits
    state.main.contrast = "full"
    assert state.main.limits is None
    state.main.set_numbers(3.0, 9.5)
    assert (state.main.contrast, state.main.limits) == ("numbers", (3.0, 9.5))
    for low, high in ((5.0, 5.0), (9.0, 1.0), (float("nan"), 1.0), (None, 2.0)):
        state.main.set_numbers(low, high)
        assert state.main.message
        assert state.main.limits == (3.0, 9.5)
    state.main.contrast = "auto"
    assert state.main.limits == auto


def test_statistics_are_computed_once_and_kept(runtime):
    state = opened(runtime)
    assert state.summary is None
    state.summarise()
    assert np.isfinite(state.summary.mean).all()
    assert state.progress is None
    again = opened(runtime)
    again.summarise()
    np.testing.assert_array_equal(again.summary.mean, state.summary.mean)


def test_a_broken_chunk_is_named_and_the_rest_is_shown(runtime, tmp_path):
    movie = write_movie(tmp_path / "root" / "alone", numbered(90), chunks=(10, 6, 9))
    chunk = movie.array.path / "3.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-2])
    state = opened(runtime, "root/alone")
    state.summarise()
    assert "3.0.0" in state.summary_error
    assert state.error == ""
    assert np.isfinite(state.summary.mean[:30]).all()


def test_a_broken_first_chunk_is_named_in_the_page(runtime, tmp_path):
    movie = write_movie(tmp_path / "root" / "alone", numbered(90), chunks=(10, 6, 9))
    (movie.array.path / "0.0.0").write_bytes(b"")
    state = opened(runtime, "root/alone")
    assert "0.0.0" in state.message
    assert state.shown is not None


def test_a_movie_of_another_recording_is_unsure_until_confirmed(runtime, root):
    folder = root / "s1" / "minian_intermediate"
    shutil.rmtree(folder)
    write_movie(folder, numbered(7), chunks=(7, 6, 9))
    state = opened(runtime)
    assert state.shown.pairing.status == "unsure"
    assert "frames" in state.shown.pairing.reason
    state.confirm()
    assert state.shown.pairing.status == "confirmed"
    facts = json.loads((root / "s1" / "minian" / "minian_web.json").read_text())
    assert facts["movies"]
    assert opened(runtime).shown.pairing.status == "confirmed"


def test_boxes_of_the_shown_movie(runtime):
    state = opened(runtime)
    state.boxes.draw([("", (3, 12, 4, 20))])
    state.boxes.save()
    assert state.boxes.saving == "saved"
    assert opened(runtime, movie=state.movie).boxes.mask == "box 1"


@pytest.fixture(params=["read-only", "another process"])
def refused(request, root, runtime, tmp_path):
    """The page opens while nothing may be written, for one reason or another."""
    if request.param == "read-only":
        runtime.settings = replace(runtime.settings, read_only=True)
        yield "started read-only"
        return
    with Lease(root, tmp_path / "other"):
        yield "Another process writes here"


def test_where_nothing_may_be_written_no_box_is_saved_and_nothing_confirmed(runtime, root, refused):
    shutil.rmtree(root / "s1" / "minian_intermediate")
    write_movie(root / "s1" / "minian_intermediate", numbered(7), chunks=(7, 6, 9))
    state = opened(runtime)
    assert not state.boxes.can_save
    state.boxes.draw([("", (2, 5, 1, 4))])
    state.boxes.save()
    assert refused in state.boxes.message
    state.confirm()
    assert refused in state.message
    assert state.shown.pairing.status == "unsure"
    assert not (root / "s1" / "minian" / "minian_web.json").exists()
    assert read_mask(state.shown.movie) is None


def test_who_lost_the_right_to_write_is_told_when_saving(runtime, root, tmp_path):
    state = opened(runtime)
    assert state.boxes.can_save
    state.boxes.draw([("", (3, 12, 4, 20))])
    runtime.lease_of(root.resolve()).release()
    with Lease(root, tmp_path / "other"):
        state.boxes.save()
        assert (state.boxes.saving, "Another process writes here" in state.boxes.message) == ("failed", True)
        assert read_mask(state.shown.movie) is None
    state.boxes.save()
    assert state.boxes.saving == "saved"


class Held:
    """Jobs that begin but do not end."""

    def __init__(self):
        self.begun = []

    def run(self, _work, *, name="", **how):
        self.begun.append((Job(name), how))
        return self.begun[-1][0]


def test_leaving_cancels_everything(runtime):
    state = opened(runtime)
    runtime.jobs = state.boxes._jobs = held = Held()
    state.open()
    state._find_limits(state.shown.movie, print)
    state.summarise()
    state.boxes.show(state.shown.movie)
    state.close()
    assert {job.name for job, _ in held.begun} >= {"find movies", "movie", "boxes"}
    assert len(held.begun) == 4
    assert all(job.cancelled for job, _ in held.begun)


def test_statistics_give_way_to_the_running_movie_and_go_on_afterwards(runtime):
    state = opened(runtime)
    runtime.jobs = held = Held()
    state.summarise()
    job, how = held.begun[-1]
    half = FrameStatistics.empty(state.shown.movie.n_frames)
    how["progress"](0.5, half)
    state.playing = True
    assert job.cancelled
    state.summarise()
    assert len(held.begun) == 1
    state.playing = False
    assert len(held.begun) == 2
    assert not held.begun[-1][0].cancelled
    assert state.progress == 0.5
    assert state.summary is half
    held.begun[-1][1]["done"](half)
    state.playing = True
    state.playing = False
    assert len(held.begun) == 2
