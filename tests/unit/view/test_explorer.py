"""The Parameter Explorer as it is drawn, without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import pytest
from bokeh.models import Plot

from minian_web.errors import BadRequest
from minian_web.jobs import Jobs
from minian_web.model.pipeline.forms import Field
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.explorer import NAMES, ExplorerState
from minian_web.state.explorer_steps import preprocess, seeds, spatial, temporal
from minian_web.view.explorer.form import StepForm, said_time, slider_of, units_of
from minian_web.view.explorer.page import ExplorerView
from minian_web.view.explorer.preprocess import PreprocessResults, eight_bit
from minian_web.view.explorer.steps import (
    MixtureResults,
    MotionResults,
    SeedResults,
    SpatialResults,
    TemporalResults,
    thinned,
    trace_parts,
)
from tests.movies import Now
from tests.paths import ANIMAL1

EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explorer") / "lab"
    for name in ("minian", "minian_intermediate"):
        shutil.copytree(ANIMAL1 / "session1" / name, root / "session1" / name)
    return root


@pytest.fixture
def state(root: Path, tmp_path: Path) -> Iterator[ExplorerState]:
    runtime = Runtime(Settings(roots=(root,), cache_dir=tmp_path / "c", state_dir=tmp_path / "s", read_only=True))
    runtime.jobs.close()
    runtime.jobs = Now()  # type: ignore[assignment]
    made = ExplorerState(runtime, lambda callback: callback(), dataset="lab/session1/minian")
    made.open()
    yield made
    runtime.jobs = Jobs()
    runtime.close()


def figures(made: Any) -> list[Plot]:
    return list(made.get_root().select({"type": Plot}))


def text_of(made: Any) -> str:
    return "\n".join(str(one.object) for one in made.select(pn.pane.HTML))


def test_only_the_open_tab_is_built(state: ExplorerState) -> None:
    view = ExplorerView(state)
    state.param.trigger("source")
    assert list(state.steps) == ["preprocess"]
    for name in NAMES:
        state.step = name
    assert list(state.steps) == list(NAMES)
    assert [built.visible for built in view._built.values()] == [False] * 5 + [True]
    view.commands["next_step"]()
    assert state.step == NAMES[0]


def test_preprocessing_is_computed_at_once_and_written_into_the_same_figures(state: ExplorerState) -> None:
    view = ExplorerView(state)
    state.param.trigger("source")
    step = state.of("preprocess")
    assert len(step.outcomes) == 1
    assert len(figures(view.__panel__())) == 5  # original, result, each with contours, and the profile
    results = PreprocessResults(step)
    pairs = list(results._pairs)
    step.texts = {(preprocess.DENOISING, "ksize"): "3"}
    step.run()
    assert results._pairs == pairs
    after = np.asarray(step.outcomes[0].arrays["after"])
    drawn = pairs[1].image._renderers["ground"].data_source.data["image"][0]
    assert np.array_equal(drawn, eight_bit(after, (after.min(), after.max())))
    step.texts = {(preprocess.DENOISING, "ksize"): "3, 5, 4"}
    step.run()
    assert len(results._pairs) == 3
    assert "ksize must be odd, not 4" in results._errors.object
    assert len(figures(results.pane())) == 7
    step.texts = {(preprocess.DENOISING, "ksize"): "5"}
    step.run()
    assert len(results._pairs) == 2
    assert not results._errors.visible


def test_seeds_are_drawn_and_a_click_shows_a_trace(state: ExplorerState) -> None:
    step = state.of("seeds")
    results = SeedResults(step)
    step.texts = {(seeds.PNR, "thres"): "1, auto"}
    step.run()
    made = results.pane()
    assert len(figures(made)) == 2
    maps = figures(made)
    assert maps[0].x_range is maps[1].x_range
    assert "thres = <b>auto</b>" in text_of(made)
    assert "param_seeds_init = {" in text_of(made)
    results._tapped(step.outcomes[0], 0, 1)
    assert len(figures(made)) == 2 + 7
    assert "Seed at height 1, width 0" in text_of(made)
    parts = trace_parts(np.random.default_rng(0).random(100))
    assert parts["below 0.06 of the sampling rate"] + parts["from 0.06 on"] == pytest.approx(parts["trace"])


def test_temporal_results_are_browsed_by_unit(state: ExplorerState) -> None:
    step = state.of("temporal")
    results = TemporalResults(step)
    step.param.update(units=[2, 5], texts={(temporal.KEY, "sparse_penal"): "0.1, 1e9, -1"})
    step.run()
    made = results.pane()
    assert len(figures(made)) == 6
    assert results.unit == 2
    assert "sparse_penal must be a number from 0 on" in text_of(made)
    titles = [one.title.text for one in figures(made) if "unit" in str(one.title.text)]
    fitted = "unit 2, as the pipeline computes"
    assert sorted(titles) == [fitted, f"{fitted}, dropped by this run"]
    results._choose(5)
    assert "unit 5, as the pipeline computes" in [one.title.text for one in figures(made)]
    lines = [one for one in figures(made) if "unit" in str(one.title.text)]
    assert lines[0].x_range is lines[1].x_range


def test_sweeps_of_others_are_drawn_whatever_the_order_of_their_arrays(state: ExplorerState) -> None:
    step = state.of("temporal")
    results = TemporalResults(step)
    step.param.update(units=[2, 5])
    step.run()
    (one,) = step.outcomes
    few = {name: one.arrays[name] for name in ("A", "C", "S", "YrA", "g", "sig")}
    step.outcomes = [Outcome({temporal.KEY: {"sparse_penal": 1}}, few, origin="steps/sweep_temporal2")]
    assert len(figures(results.pane())) == 3
    assert "steps/sweep_temporal2" in text_of(results.pane())
    few = {name: one.arrays[name] for name in ("A", "C")}
    step.outcomes = [Outcome({temporal.KEY: {"sparse_penal": 1}}, few, origin="x")]
    assert len(figures(results.pane())) == 3


def test_spatial_results_of_all_units_or_one(state: ExplorerState) -> None:
    step = state.of("spatial")
    results = SpatialResults(step)
    step.param.update(units=[1, 4], texts={(spatial.KEY, "sparse_penal"): "0.01, 0.05", (spatial.KEY, "dl_wnd"): "2"})
    step.run()
    assert results.unit is None
    assert len(figures(results.pane())) == 6
    results._choose(4)
    assert len(figures(results.pane())) == 6
    step.clear()
    assert len(figures(results.pane())) == 0


def test_mixture_and_motion_are_drawn(state: ExplorerState) -> None:
    for name, make, count in (("mixture", MixtureResults, 1), ("motion", MotionResults, 3)):
        step = state.of(name)
        results = make(step)
        step.run()
        assert step.message == ""
        assert len(figures(results.pane())) == count


def form(state: ExplorerState, name: str) -> StepForm:
    return StepForm(state.of(name), state.units, state.n_frames, lambda: "Ann")


def test_what_is_typed_reaches_the_state_and_what_is_wrong_is_said(state: ExplorerState) -> None:
    one = form(state, "temporal")
    one._handle_msg({"set": [temporal.KEY, "sparse_penal", "0.1, x"]})
    assert one.errors == {f"{temporal.KEY}.sparse_penal": "'x' is no number"}
    one._handle_msg({"run": True})
    assert state.of("temporal").outcomes == []
    one._handle_msg({"set": [temporal.KEY, "sparse_penal", "0.1, 1"]})
    one._handle_msg({"units": "3, 5-6"})
    one._handle_msg({"run": True})
    assert one.errors == {}
    assert (one.count, one.unsaved) == (2, True)
    assert state.of("temporal").units == [3, 5, 6]
    one._handle_msg({"units": "3, 99"})
    assert one.message == "there is no unit 99"
    one._handle_msg({"save": True})
    assert "read-only" in one.message
    one._handle_msg({"method": [temporal.KEY, temporal.RAW]})
    assert one.sections[0]["method"] == temporal.RAW


@pytest.mark.parametrize(
    "message",
    [
        None, [], {}, {"x": 1}, {"set": 1}, {"set": ["a", "b", 3]}, {"set": ["a", "b", "c"]}, {"method": ["a"]},
        {"method": [EVIL, EVIL]}, {"movie": EVIL}, {"movie": 3}, {"start": EVIL}, {"position": -1}, {"position": 10**9},
        {"position": True}, {"position": "1"}, {"open": EVIL}, {"delete": None}, {"units": EVIL},
        {"set": ["param_second_temporal", "p", "1" * 9999]},
    ],
)  # fmt: skip
def test_nonsense_of_a_browser_changes_nothing(state: ExplorerState, message: Any) -> None:
    one = form(state, "temporal")
    before = [dict(one._state.texts), one._state.position, one._state.movie, one._state.start, list(one._state.units)]
    one._handle_msg(message)
    step = one._state
    assert [dict(step.texts), step.position, step.movie, step.start, list(step.units)] == before


def test_units_as_they_are_typed() -> None:
    known = [9, 2, 3, 5]
    assert units_of("all", known) == known
    assert units_of(" 2, 3-9, 2", known) == [2, 9, 3, 5]
    for text in ("", ",", "a", "1", "2-x", "-3", "²"):
        with pytest.raises(BadRequest):
            units_of(text, known)


def test_sliders_and_times() -> None:
    assert slider_of(Field("ksize", 7, ("int",))) == [1, 51, 2]
    assert slider_of(Field("add_lag", 20, ("int", "str"), ("p",))) is None
    assert slider_of(Field("size_max", None, ("float", "None"))) is None
    assert said_time("20261122-193103-419") == "2026-11-22 19:31:03"
    assert said_time("odd") == "odd"


def test_long_traces_are_thinned_and_keep_their_extremes() -> None:
    values = np.random.default_rng(0).random(100_000)
    kept = thinned(values)
    assert kept.size <= 6000
    assert {int(values.argmin()), int(values.argmax())} <= set(kept.tolist())
    assert thinned(values[:100]).tolist() == list(range(100))
