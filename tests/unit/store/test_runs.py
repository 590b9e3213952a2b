"""Runs beside a dataset: saved, listed, opened, deleted, and never in the way of minian."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest, DataError, NotWritable
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.settings import PATTERN
from minian_web.store import runs
from minian_web.store.catalog import Catalog
from minian_web.store.layout import write_dataset
from minian_web.store.runs import delete_run, open_run, runs_of_dataset, save_run
from tests import stores


def outcome(value: float, **extra: object) -> Outcome:
    images = xr.DataArray(
        np.full((2, 3, 4), value), {"unit_id": [7, 2], "height": [0, 1, 2]}, ("unit_id", "height", "width")
    )
    return Outcome({"param_x": {"p": value, "add_lag": "p", "none": None}}, {"A": images}, ("2 units",), **extra)  # type: ignore[arg-type]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return stores.v2(tmp_path / "a1" / "s1")


def test_a_run_comes_back_as_it_was_saved(dataset: Path, tmp_path: Path) -> None:
    run = save_run(dataset, "temporal", [outcome(0.1), Outcome({"param_x": {"p": 0}}, error="p is wrong")], "Ann")
    assert [one.path for one in runs_of_dataset(dataset, tmp_path)] == [run.path]
    first, second = open_run(run)
    assert first.combination == {"param_x": {"p": 0.1, "add_lag": "p", "none": None}}
    assert first.arrays["A"].identical(outcome(0.1).arrays["A"]) or np.array_equal(
        first.arrays["A"], outcome(0.1).arrays["A"]
    )
    assert first.arrays["A"]["unit_id"].values.tolist() == [7, 2]
    assert (first.facts, first.origin) == (("2 units",), run.name)
    assert (second.error, second.arrays) == ("p is wrong", {})
    assert json.loads((run.path / "run.json").read_text())["reviewer"] == "Ann"


def test_nothing_of_a_run_is_inside_the_dataset_or_looks_like_one(dataset: Path, tmp_path: Path) -> None:
    before = sorted(dataset.rglob("*"))
    save_run(dataset, "spatial", [outcome(1)])
    assert sorted(dataset.rglob("*")) == before
    folders = [path for path in (dataset.parent / runs.FOLDER).rglob("*") if path.is_dir()]
    assert folders
    assert not [path for path in folders if re.search(r"minian$", path.name) or re.search(PATTERN, path.name)]
    found = Catalog((tmp_path,), PATTERN, state_dir=tmp_path / "state", cache_dir=tmp_path / "cache").entries()
    assert [entry.path for entry in found] == [dataset]


def test_runs_are_listed_newest_first_and_by_dataset(dataset: Path, tmp_path: Path) -> None:
    names = [save_run(dataset, step, [outcome(1)]).name for step in ("seeds", "temporal")]
    other = stores.v2(tmp_path / "a1" / "s1" / "x")
    assert [one.name for one in runs_of_dataset(dataset, tmp_path)] == names[::-1]
    assert [one.step for one in runs_of_dataset(dataset, tmp_path)] == ["temporal", "seeds"]
    assert runs_of_dataset(other, tmp_path) == []


def test_a_run_is_deleted_and_nothing_else_ever(dataset: Path, tmp_path: Path) -> None:
    kept, gone = save_run(dataset, "seeds", [outcome(1)]), save_run(dataset, "seeds", [outcome(2)])
    delete_run(gone)
    assert [one.name for one in runs_of_dataset(dataset, tmp_path)] == [kept.name]
    assert list((dataset.parent / runs.FOLDER).iterdir()) == [kept.path]
    with pytest.raises(BadRequest, match="not saved here"):
        delete_run(runs.SavedRun("x", dataset, "seeds", "", True))
    with pytest.raises(BadRequest, match="not saved here"):
        delete_run(runs.SavedRun(kept.name, kept.path, "seeds", "", False))


def test_a_disk_that_refuses_leaves_nothing(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "write_dataset", full)
    with pytest.raises(NotWritable, match="No space"):
        save_run(dataset, "seeds", [outcome(1)])
    assert list((dataset.parent / runs.FOLDER).iterdir()) == []
    with pytest.raises(BadRequest, match="no result"):
        save_run(dataset, "seeds", [Outcome({}, error="x")])


def test_damaged_runs_are_refused_with_their_path(dataset: Path) -> None:
    run = save_run(dataset, "seeds", [outcome(1)])
    for text in ("{", "[]", '{"outcomes": [{}]}'):
        (run.path / "run.json").write_text(text)
        with pytest.raises(DataError, match=r"run\.json"):
            open_run(run)


def test_sweeps_of_others_open_too(dataset: Path, tmp_path: Path) -> None:
    arrays = outcome(1).arrays | {"C": xr.DataArray(np.ones((2, 5)), dims=("unit_id", "frame"))}
    for value in ("0.5", "2"):
        write_dataset(dataset.parent / "steps" / "sweep_spatial2" / f"sparse_penal={value},method=a", arrays)
    (dataset.parent / "steps" / "sweep_spatial2" / "notes").mkdir()
    (run,) = runs_of_dataset(dataset, tmp_path)
    assert (run.name, run.step, run.ours) == ("steps/sweep_spatial2", "spatial", False)
    found = open_run(run, "param_second_spatial")
    assert [one.combination["param_second_spatial"] for one in found] == [
        {"sparse_penal": 0.5, "method": "a"}, {"sparse_penal": 2, "method": "a"},
    ]  # fmt: skip
    assert set(found[0].arrays) == {"A", "C"}
