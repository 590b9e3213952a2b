"""The Parameter Explorer without a browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.jobs import Jobs
from minian_web.model.pipeline.forms import python_of
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.explorer import NAMES, ExplorerState
from minian_web.state.explorer_step import StepState
from minian_web.state.explorer_steps import motion, preprocess, seeds, spatial, temporal
from minian_web.state.explorer_steps.base import check_memory
from tests.movies import Now
from tests.paths import ANIMAL1

DATASET = "lab/session1/minian"
Opened = tuple[Runtime, ExplorerState]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explorer") / "lab"
    for name in ("minian", "minian_intermediate"):
        shutil.copytree(ANIMAL1 / "session1" / name, root / "session1" / name)
    for path in root.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


@pytest.fixture
def opened(shared: Path, tmp_path: Path) -> Iterator[Opened]:
    runtime = Runtime(Settings(roots=(shared,), cache_dir=tmp_path / "cache", state_dir=tmp_path / "state"))
    runtime.jobs.close()
    runtime.jobs = Now()  # type: ignore[assignment]
    state = ExplorerState(runtime, lambda callback: callback(), dataset=DATASET)
    state.open()
    assert state.error == ""
    yield runtime, state
    runtime.jobs = Jobs()
    runtime.close()
    shutil.rmtree(shared / "session1" / "minian_web_runs", ignore_errors=True)


def step(opened: Opened, name: str, texts: dict[tuple[str, str], str] | None = None, **inputs: Any) -> StepState:
    one = opened[1].of(name)
    one.param.update(texts=texts or {}, **inputs)
    one.run()
    return one


@pytest.mark.parametrize("name", NAMES)
def test_every_step_runs_with_the_defaults(opened: Opened, name: str) -> None:
    one = step(opened, name, units=[0, 3])
    assert (one.message, one.running, len(one.outcomes)) == ("", False, 1)
    assert one.outcomes[0].error == ""
    assert one.outcomes[0].arrays
    python = one.python(0)
    values: dict[str, Any] = {}
    exec(python, values)
    assert name == "motion" or any(key.startswith("param_") for key in values)


def test_seeds_are_those_of_the_pipeline(opened: Opened) -> None:
    one = step(opened, "seeds", {(seeds.PNR, "thres"): "1, auto"})
    assert one.outcomes[0].facts == ("41 seeds", "38 by peak to noise", "41 by KS test", "27 after merging")
    assert one.outcomes[1].arrays["mask_pnr"].sum() < 38
    assert one.outcomes[0].arrays["traces"].shape == (41, 600)
    assert "'thres': 'auto'" in one.python(1)
    assert "nchunk" not in one.python(0)


def test_seeds_without_refinements_and_from_random_windows(opened: Opened) -> None:
    off = dict.fromkeys((seeds.PNR, seeds.KS, seeds.MERGE), seeds.OFF)
    texts = {(seeds.INIT, "method"): "random", (seeds.INIT, "nchunk"): "2", (seeds.INIT, "wnd_size"): "100"}
    one = step(opened, "seeds", texts, methods=off)
    assert one.outcomes[0].error == ""
    assert "mask_pnr" not in one.outcomes[0].arrays
    assert bool(one.outcomes[0].arrays["mask"].all())
    assert "param_pnr_refine" not in one.python(0)


def test_one_bad_combination_does_not_lose_the_others(opened: Opened) -> None:
    cases = {
        "temporal": {(temporal.KEY, "sparse_penal"): "1, -1", (temporal.KEY, "noise_freq"): "0.06"},
        "spatial": {(spatial.KEY, "sparse_penal"): "0.01, -1"},
        "preprocess": {(preprocess.DENOISING, "ksize"): "7, 4"},
        "seeds": {(seeds.INIT, "max_wnd"): "15, 2"},
        "mixture": {("param_pnr_refine", "bins"): "40, 0"},
    }
    for name, texts in cases.items():
        one = step(opened, name, texts, units=[0, 1])
        assert [bool(outcome.error) for outcome in one.outcomes] == [False, True], name
        assert one.message == "1 of 2 combinations failed."


def test_what_cannot_be_computed_at_all_is_refused_with_the_reason(opened: Opened) -> None:
    assert "at least one unit" in step(opened, "temporal", units=[]).message
    assert "no unit 99" in step(opened, "temporal", units=[99]).message
    assert "p: " in step(opened, "temporal", {(temporal.KEY, "p"): "a"}, units=[0]).message
    assert (
        "combinations"
        in step(opened, "seeds", {(seeds.PNR, "thres"): "1:9:9", (seeds.KS, "sig"): "0.01:0.1:9"}).message
    )
    assert "no movie nowhere" in step(opened, "seeds", movie="nowhere").message
    assert "frames 0 to 599" in step(opened, "preprocess", position=600).message


def test_units_that_no_penalty_explains_are_named(opened: Opened) -> None:
    one = step(opened, "temporal", {(temporal.KEY, "sparse_penal"): "0.1, 1e9"}, units=[2, 0])
    assert one.outcomes[0].arrays["C"]["unit_id"].values.tolist() == [2, 0]
    assert one.outcomes[1].arrays["C"].sizes["unit_id"] == 0
    assert "dropped, nothing left: 2, 0" in one.outcomes[1].facts
    assert one.outcomes[1].arrays["YrA"]["unit_id"].values.tolist() == [2, 0]


def test_traces_are_computed_from_the_movie_and_fits_explain_them(opened: Opened) -> None:
    one = step(opened, "temporal", {(temporal.KEY, "sparse_penal"): "0.1"}, units=[1, 4, 9])
    assert one.starts == [temporal.COMPUTED]
    arrays = one.outcomes[0].arrays
    for unit in (1, 4, 9):
        raw, fit = (arrays[name].sel(unit_id=unit).values for name in ("YrA", "sig"))
        assert np.corrcoef(raw, fit)[0, 1] > 0.9
    raw_only = step(opened, "temporal", units=[1], methods={temporal.KEY: temporal.RAW}).outcomes[0].arrays
    assert np.allclose(raw_only["fitted"], raw_only["YrA"])


def test_footprints_follow_the_traces(opened: Opened) -> None:
    one = step(
        opened, "spatial", {(spatial.KEY, "sparse_penal"): "0.01, 0.05", (spatial.KEY, "dl_wnd"): "3"}, units=[1, 4]
    )
    areas = [int((outcome.arrays["A"] > 0).sum()) for outcome in one.outcomes]
    assert areas[0] >= areas[1] > 0
    before = opened[1].source.of_units(opened[1].source.needed("A"), [1, 4], ("height", "width"))  # type: ignore[union-attr]
    for row in range(2):
        assert np.corrcoef(before[row].ravel(), one.outcomes[0].arrays["A"][row].values.ravel())[0, 1] > 0.9
    assert "'size_thres': (25, None)" in one.python(0)


def test_motion_is_stored_or_estimated(opened: Opened) -> None:
    stored = step(opened, "motion").outcomes[0]
    assert {"motion", "before", "after"} <= set(stored.arrays)
    ours = step(opened, "motion", {(motion.KEY, "every"): "40"}, methods={motion.KEY: motion.ESTIMATED}).outcomes[0]
    assert ours.arrays["motion"].dims == ("frame", "shift_dim")
    assert ours.arrays["motion"].sizes["frame"] == 15


def test_the_chain_of_preprocessing_is_applied_in_order(opened: Opened) -> None:
    one = step(opened, "preprocess", position=10)
    before, after = (one.outcomes[0].arrays[name].values for name in ("before", "after"))
    movie = opened[1].source.movie("", preprocess.MOVIES)  # type: ignore[union-attr]
    assert np.array_equal(before, movie.read(10))
    glow = movie.read(slice(None)).min(axis=0)
    by_hand = preprocess.BACKGROUND["tophat"](preprocess.DENOISE["median"](before - glow, 7), 15)
    assert np.array_equal(after, by_hand)
    off = dict.fromkeys((preprocess.GLOW, preprocess.DENOISING, preprocess.REMOVAL), preprocess.OFF)
    same = step(opened, "preprocess", methods=off).outcomes[0]
    assert np.array_equal(same.arrays["after"], same.arrays["before"])
    gauss = step(opened, "preprocess", methods={preprocess.DENOISING: "gaussian"})
    assert "'ksize': (7, 7)" in gauss.python(0)


def test_own_steps_of_a_laboratory_are_part_of_the_chain(opened: Opened) -> None:
    def brighter(frame: np.ndarray, by: int = 2) -> np.ndarray:
        """Add to a frame.

        Parameters
        ----------
        by
            How much.
        """
        return frame.astype(np.float32) + by

    def broken(frame: np.ndarray, size: int = 1) -> np.ndarray:
        return frame[:size]

    one = opened[1].of("preprocess")
    one.step = preprocess.Preprocess({"brighter": brighter, "broken": broken})
    own = one.step.sections[-1]
    assert (own.name, list(own.variants)) == (preprocess.OWN, ["none", "brighter", "broken"])
    assert own.variants["brighter"][0].doc == "How much."
    off = dict.fromkeys((preprocess.GLOW, preprocess.DENOISING, preprocess.REMOVAL), preprocess.OFF)
    one.param.update(methods=off | {preprocess.OWN: "brighter"}, texts={(preprocess.OWN, "by"): "5"})
    one.run()
    assert np.array_equal(one.outcomes[0].arrays["after"], one.outcomes[0].arrays["before"] + 5.0)
    one.methods = off | {preprocess.OWN: "broken"}
    one.run()
    assert "broken made" in one.outcomes[0].error
    assert python_of(one.step.sections, one.outcomes[0].combination) == ""


def test_runs_are_saved_opened_compared_and_deleted(opened: Opened, shared: Path) -> None:
    one = step(opened, "temporal", {(temporal.KEY, "p"): "1, 2, 0"}, units=[0, 1])
    one.save("Ann")
    assert one.message.startswith("Saved as minian.temporal.")
    (run,) = one.saved
    assert {outcome.origin for outcome in one.outcomes} == {run.name}
    one.save()
    assert one.message == "There is no new result to save."
    one.texts = {(temporal.KEY, "p"): "3"}
    one.run()
    one.open(run.name)
    assert [outcome.combination[temporal.KEY]["p"] for outcome in one.outcomes] == [3, 1, 2, 0]
    one.open(run.name)
    assert len(one.outcomes) == 4
    one.open("nothing")
    one.delete(run.name)
    assert (one.message, one.saved) == ("Deleted.", [])
    assert list((shared / "session1" / "minian_web_runs").iterdir()) == []


def test_nothing_is_saved_where_nothing_may_be_written(shared: Path, tmp_path: Path) -> None:
    settings = Settings(roots=(shared,), cache_dir=tmp_path / "c", state_dir=tmp_path / "s", read_only=True)
    runtime = Runtime(settings)
    runtime.jobs.close()
    runtime.jobs = Now()  # type: ignore[assignment]
    state = ExplorerState(runtime, lambda callback: callback(), dataset=DATASET)
    state.open()
    one = step((runtime, state), "preprocess")
    one.save()
    assert "read-only" in one.message
    assert not (shared / "session1" / "minian_web_runs").exists()
    runtime.jobs = Jobs()
    runtime.close()


def test_a_run_can_be_cancelled_and_what_came_stays(shared: Path, tmp_path: Path) -> None:
    runtime = Runtime(Settings(roots=(shared,), cache_dir=tmp_path / "c", state_dir=tmp_path / "s"))
    came = threading.Event()
    state = ExplorerState(runtime, lambda callback: callback(), dataset=DATASET)
    state.open()
    state._job.wait(10)  # type: ignore[union-attr]
    one = state.of("temporal")
    one.param.watch(lambda _event: came.set(), "outcomes")
    one.param.update(units=list(range(20)), texts={(temporal.KEY, "sparse_penal"): "0.1:2:20"})
    one.run()
    assert one.running
    assert came.wait(20)
    one.cancel()
    assert (one.running, one.message) == (False, "Cancelled.")
    one._job.wait(20)  # type: ignore[union-attr]
    assert 1 <= len(one.outcomes) < 20
    runtime.close()


def test_a_dataset_that_is_none_is_told(opened: Opened) -> None:
    state = ExplorerState(opened[0], lambda callback: callback(), dataset="lab/nothing")
    state.open()
    assert state.error


def test_images_that_would_not_fit_into_memory_are_refused() -> None:
    check_memory([1] * 10, 608 * 608, 3)
    with pytest.raises(BadRequest, match=r"200 units for 3 values would take 1\.7 GB"):
        check_memory([1] * 200, 608 * 608, 3)


def test_own_steps_come_from_entry_points_and_broken_ones_are_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    group = preprocess.GROUP
    found = [
        EntryPoint("square", "numpy:square", group),
        EntryPoint("gone", "no_such_package_here:f", group),
        EntryPoint("missing", "numpy:no_such_function", group),
    ]
    monkeypatch.setattr(preprocess, "entry_points", lambda group: found if group == preprocess.GROUP else [])
    preprocess.own_steps.cache_clear()
    try:
        assert preprocess.own_steps() == {"square": np.square}
    finally:
        preprocess.own_steps.cache_clear()
    assert [record.args[0] for record in caplog.records] == ["gone", "missing"]  # type: ignore[index]
