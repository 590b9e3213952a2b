from __future__ import annotations

import numpy as np
import pytest

from minian_web.model.decisions import Decision
from minian_web.store.lines import Binding, Line
from minian_web.store.log import read_log
from minian_web.store.summaries import Details, stamp, summary
from tests import stores

UNITS = stores.results()["A"]["unit_id"].values.tolist()
KEPT, GONE = Decision(UNITS[0], "kept"), Decision(-1, "discarded")

FORMS = {"groups": stores.v2, "v3": stores.v3, "group": stores.one_group, "netcdf": stores.netcdf}


def log(path, *lines: Line) -> None:
    read_log(path).appended((Binding("guard"), *lines), "name")


def line(units, decision, label_set="main") -> Line:
    undecided = tuple(Decision(unit, "undecided") for unit in units)
    return Line("keep", tuple(((), unit) for unit in units), undecided, (decision,) * len(units), "ann", label_set)


@pytest.mark.parametrize("make", FORMS.values(), ids=FORMS)
def test_statuses_from_labels(tmp_path, make):
    labels = [-1, UNITS[1], UNITS[1], *UNITS[3:]]
    details = summary(make(tmp_path, labels=dict(zip(UNITS, labels, strict=True))), "dataset")
    assert (details.discarded, details.merged, details.kept, details.undecided) == (1, 2, 0, len(UNITS) - 3)
    assert details.units == len(UNITS)
    assert details.reviewed


def test_identity_labels_are_no_review(tmp_path):
    details = summary(stores.v2(tmp_path, labels="identity"), "dataset")
    assert (details.undecided, details.reviewed) == (len(UNITS), False)


def test_statuses_from_the_log(tmp_path):
    path = stores.v2(tmp_path)
    log(
        path / "curation.jsonl",
        line(UNITS[:2], KEPT),
        line(UNITS[1:2], GONE),
        line(UNITS[3:4], GONE, label_set="ann"),
    )
    details = summary(path, "dataset")
    assert (details.kept, details.discarded, details.undecided) == (1, 1, len(UNITS) - 2)
    assert details.units == len(UNITS)
    assert not details.reviewed


@pytest.mark.parametrize("make", [stores.one_group, stores.netcdf])
def test_reviewed_when_nothing_is_left(tmp_path, make):
    path = make(tmp_path)
    log(tmp_path / f"{path.name}.curation.jsonl", line(UNITS, KEPT))
    details = summary(path, "dataset")
    assert (details.kept, details.undecided, details.reviewed) == (len(UNITS), 0, True)


def test_a_damaged_log_is_the_problem(tmp_path):
    path = stores.v2(tmp_path)
    (path / "curation.jsonl").write_text('{"no": "log"}\n')
    problem = summary(path, "dataset").problem
    assert problem is not None
    assert "curation.jsonl line 1" in problem


@pytest.mark.parametrize("form", ["groups", "group", "netcdf"])
def test_merged(tmp_path, form):
    details = summary(stores.merged(tmp_path, labels=True, form=form), "dataset")
    present = stores.merged_variables()["A"].notnull().any(["height", "width"]).values
    assert (details.animal, details.session) == ("a1", "s1, s2")
    assert details.units == details.undecided == int(present.sum())


DAMAGED = [
    (stores.without_array, "a variable A"),
    (stores.wrong_dims, "unit_id, y, x"),
    (stores.without_coordinates, "coordinate unit_id"),
    (stores.text_instead_of_zarr, "found a file"),
    (stores.broken_json, "JSON"),
    (lambda folder: stores.half_written(folder, "A"), "the array of this group"),
]


@pytest.mark.parametrize(("make", "text"), DAMAGED)
def test_what_cannot_be_read_is_told_and_not_raised(tmp_path, make, text):
    details = summary(make(tmp_path), "dataset")
    assert details.problem is not None
    assert text in details.problem
    assert str(tmp_path) in details.problem


def test_gone_meanwhile(tmp_path):
    assert "no such folder" in str(summary(tmp_path / "minian", "dataset").problem)
    assert summary(tmp_path / "minian_intermediate", "movies").problem is not None


def test_labels_cut_short(tmp_path):
    path = stores.v2(tmp_path, labels="identity")
    chunk = stores.chunk_files(path / "A.zarr" / "unit_labels")[0]
    chunk.write_bytes(chunk.read_bytes()[:-1])
    assert str(chunk) in str(summary(path, "dataset").problem)


def test_without_traces(tmp_path):
    path = stores.rewritten(tmp_path, {}, drop=["C", "S", "f"])
    assert summary(path, "dataset").frames == 0
    assert summary(path, "dataset").problem is None


def test_stamps_change_with_what_is_shown(tmp_path):
    path = stores.v2(tmp_path)
    seen = [stamp(path)]
    (path / "curation.jsonl").write_text("{}\n")
    seen.append(stamp(path))
    (path / "curation.jsonl").write_text("{}\n{}\n")
    seen.append(stamp(path))
    (path / "A.zarr" / "unit_labels").mkdir()
    seen.append(stamp(path))
    assert len(set(seen)) == 4
    assert stamp(path) == seen[-1]


def test_details_begin_empty():
    assert np.sum([Details().units, Details().kept]) == 0
    assert Details().problem is None
