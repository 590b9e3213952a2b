"""What a page makes of its movies: side by side, projections, pictures, videos, outlines; no browser."""

from types import SimpleNamespace

import numpy as np
import pytest

from minian_web.jobs import Job
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.movie import MovieState
from tests import stores
from tests.movies import Now
from tests.unit.store.test_video import decoded


@pytest.fixture
def runtime(tmp_path):
    stores.v2(tmp_path / "root" / "s1", with_movies=True)
    runtime = Runtime(Settings(roots=(tmp_path / "root",), cache_dir=tmp_path / "cache", state_dir=tmp_path / "state"))
    runtime.jobs.close()
    runtime.jobs = Now()
    yield runtime
    runtime.jobs = SimpleNamespace(close=lambda _patience: None)
    runtime.close()


@pytest.fixture
def state(runtime):
    state = MovieState(runtime, dataset="root/s1/minian")
    state.open()
    return state


def named(state, variable):
    return next(one.movie.name for one in state.movies if one.movie.variable == variable)


def values(state, variable):
    movie = next(one.movie for one in state.movies if one.movie.variable == variable)
    return movie.read(slice(0, movie.n_frames))


def test_movies_side_by_side(state):
    state.choose(named(state, "Y_fm_chk"))
    state.put_beside([named(state, "varr")])
    assert [screen.movie.variable for screen in state.screens] == ["Y_fm_chk", "varr"]
    assert state.screens[1].limits is not None
    state.screens[1].contrast = "full"
    assert (state.screens[1].limits, state.main.contrast) == (None, "auto")
    state.put_beside([])
    assert [screen.movie.variable for screen in state.screens] == ["Y_fm_chk"]


def test_what_cannot_be_beside_is_said(state):
    state.beside = "nonsense"
    assert len(state.screens) == 1
    assert "nonsense cannot be shown beside" in state.message


def test_projections_of_the_loop_and_of_all(state):
    state.choose(named(state, "varr"))
    frames = values(state, "varr")
    state.look_at("max")
    np.testing.assert_array_equal(state.looking.images[0], frames.max(axis=0))
    state.loop = [3, 9]
    state.look_at("mean")
    np.testing.assert_allclose(state.looking.images[0], frames[3:10].mean(axis=0), rtol=1e-6)
    assert state.looking.title == "mean of frames 3 to 9"
    state.look_at("frame")
    assert state.looking.images == []
    state.look_at("nonsense")
    assert state.looking.show == "frame"


def test_a_picture_has_the_limits_of_the_page(state):
    state.choose(named(state, "varr"))
    state.position = 7
    state.main.set_numbers(20.0, 120.0)
    taken = []
    state.still(0, taken.append)
    expected = np.clip((values(state, "varr")[7].astype(float) - 20) / 100 * 255, 0, 255)
    assert np.abs(taken[0] - expected).max() <= 1


def test_a_clip_is_written_and_can_be_downloaded(state, runtime):
    state.choose(named(state, "varr"))
    state.loop = [5, 16]
    state.write("loop", "part", on_server=False)
    path, name = runtime.made.find(state.exporting.token)
    assert name == "part.mp4"
    assert len(decoded(path)[0]) == 12


@pytest.mark.parametrize("kind", ["result", "curated"])
def test_the_result_video_on_the_server(state, runtime, kind):
    state.write(kind, "result.mp4", on_server=True)
    path = runtime.catalog.entry("root/s1/minian").path / "result.mp4"
    assert str(path) in state.exporting.message
    height, width = runtime.dataset("root/s1/minian").shape
    found, _ = decoded(path)
    assert found.shape == (state.shown.movie.n_frames, 2 * height, 2 * width)
    state.write(kind, "result.mp4", on_server=True)
    assert "exists already" in state.exporting.message


def test_curation_changes_the_result(state, runtime):
    unit = int(runtime.dataset("root/s1/minian").stored_units[0])
    state.write("curated", "before", on_server=False)
    before, _ = decoded(runtime.made.find(state.exporting.token)[0])
    runtime.curation("root/s1/minian").act("discard", [unit], reviewer="ann")
    state.write("curated", "after", on_server=False)
    after, _ = decoded(runtime.made.find(state.exporting.token)[0])
    rows, columns = before.shape[1] // 2, before.shape[2] // 2
    assert after[:, rows:, columns:].sum() < before[:, rows:, columns:].sum(), "the activity lacks the discarded unit"
    same = np.abs(after[:, :rows, :columns].astype(float) - before[:, :rows, :columns])
    assert same.mean() < 8, "the reference movie is the same, but for what the codec loses"


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", "x" * 200, "a\0b"])
def test_file_names_that_lead_elsewhere(state, name):
    state.write("whole", name, on_server=True)
    assert "cannot be a file name" in state.exporting.message


def test_nothing_is_written_where_nothing_may_be(state, runtime, monkeypatch):
    monkeypatch.setattr(runtime, "why_not_write", lambda _dataset: "The server was started read-only.")
    state.write("whole", "a", on_server=True)
    assert state.exporting.message == "The server was started read-only."


def test_a_cancelled_video_leaves_nothing(state, runtime):
    jobs = []
    runtime.jobs = SimpleNamespace(run=lambda *_a, **_k: jobs.append(Job("video")) or jobs[-1], close=lambda _p: None)
    state.write("whole", "a", on_server=False)
    state.write("whole", "b", on_server=False)
    assert "already" in state.exporting.message
    state.exporting.cancel()
    assert jobs[0].cancelled
    assert (state.exporting.progress, state.exporting.token) == (None, "")


def test_units_are_outlined_by_decision(state, runtime):
    unit = int(runtime.dataset("root/s1/minian").stored_units[2])
    runtime.curation("root/s1/minian").act("discard", [unit], reviewer="ann")
    state.looking.find_units("root/s1/minian", state.shown)
    found = state.looking.outlined
    assert found.statuses[unit] == "discarded"
    columns, rows = found.lines["discarded"]
    row, column = found.footprints.centroids[found.footprints.position(unit)]
    assert np.nanmin(rows) < row < np.nanmax(rows)
    assert np.nanmin(columns) < column < np.nanmax(columns)
    assert found.at(row, column) == unit
    assert found.at(-50, -50) is None


def test_statistics_can_be_stopped_and_gone_on_with(state):
    state.summarise()
    assert state.summary is not None
    state.stop_statistics()
    assert (state.stopped, state.progress) == (True, None)
    state.resume_statistics()
    assert not state.stopped
