"""Actions on many units at once, notes, and what the log tells of earlier points."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from minian_web.errors import BadRequest, Conflict
from minian_web.model.decisions import Decisions, applied
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from minian_web.store.recollection import apart, decisions_after, label_sets, notes
from tests import stores

ANN, BOB = {"reviewer": "ann"}, {"reviewer": "bob"}


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = stores.v2(tmp_path_factory.mktemp("original"))
    for name in ("b", "b0", "c0", "f", "motion", "YrA", "S"):
        shutil.rmtree(path / f"{name}.zarr")
    return path


@pytest.fixture
def reopen(original, tmp_path):
    path = shutil.copytree(original, tmp_path / "minian")
    return lambda: open_curation(open_dataset(path, "r/minian"), state_dir=tmp_path / "state")


def test_many_units_are_one_action(reopen):
    curation = reopen()
    units = curation.dataset.stored_units.tolist()
    before = curation.decisions()
    after = applied(applied(before, "discard", units[:3]), "merge", units[3:5])
    line = curation.put("rule", after, note="area < 10", seen=before, **ANN)
    assert {unit for _, unit in line.units} == set(units[:5]) - {min(units[3:5])} | set(units[3:5])
    curation.write_arrays()
    assert reopen().decisions() == after
    again = reopen()
    again.undo(**ANN)
    assert again.decisions() == before
    again.redo(**ANN)
    assert again.decisions() == after


def test_many_units_give_way_to_somebody_else(reopen):
    curation = reopen()
    units = curation.dataset.stored_units.tolist()
    seen = curation.decisions()
    curation.act("keep", units[:1], **BOB)
    with pytest.raises(Conflict, match=f"unit {units[0]} is kept"):
        curation.put("rule", applied(seen, "discard", units[:2]), seen=seen, **ANN)
    curation.put("rule", applied(curation.decisions(), "discard", units[1:3]), seen=seen, **ANN)
    assert curation.decisions().of(units[0]).status == "kept"


def test_what_changes_nothing_or_is_of_other_units_is_refused(reopen):
    curation = reopen()
    with pytest.raises(BadRequest, match="nothing would change"):
        curation.put("rule", curation.decisions(), **ANN)
    with pytest.raises(BadRequest, match="other units"):
        curation.put("rule", Decisions.from_labels(np.arange(3)), **ANN)
    with pytest.raises(BadRequest, match="no action on many units"):
        curation.put("keep", curation.decisions(), **ANN)
    assert curation.history() == ()


def test_notes_are_kept_and_decide_nothing(reopen):
    curation = reopen()
    first, second = curation.dataset.stored_units.tolist()[:2]
    curation.remark("note", [first], note="dim, at the edge", **ANN)
    curation.remark("note", [second], note="twice?", **BOB)
    curation.remark("note", [second], note="", **BOB)
    curation.write_arrays()
    lines = reopen().history()
    assert notes(lines) == {first: "dim, at the edge"}
    assert reopen().decisions() == Decisions.from_labels(curation.dataset.stored_units)
    with pytest.raises(Conflict):
        curation.undo(**ANN)


def test_units_called_different_cells(reopen):
    curation = reopen()
    a, b, c = curation.dataset.stored_units.tolist()[:3]
    curation.remark("apart", [a, b, c], **ANN)
    assert set(apart(reopen().history())) == {frozenset(pair) for pair in ((a, b), (a, c), (b, c))}
    assert apart(curation.history(), label_set="bob") == ()
    with pytest.raises(BadRequest, match="note, apart"):
        curation.remark("keep", [a], **ANN)


def test_a_set_of_ones_own_touches_nothing_else(reopen):
    curation = reopen()
    first, second = curation.dataset.stored_units.tolist()[:2]
    curation.act("keep", [first], **ANN)
    curation.act("discard", [first, second], label_set="bob", **BOB)
    assert curation.decisions().of(second).status == "undecided"
    assert label_sets(reopen().history()) == ("main", "bob")
    assert reopen().decisions((), "bob").of(first).status == "discarded"


def test_back_to_an_earlier_point_is_an_action_too(reopen):
    curation = reopen()
    units = curation.dataset.stored_units.tolist()
    curation.act("keep", units[:1], **ANN)
    point = curation.act("merge", units[1:3], **BOB)
    then = curation.decisions()
    curation.act("discard", units[4:5], label_set="bob", **BOB)
    curation.act("discard", units[1:2], **ANN)
    curation.act("keep", units[3:4], **BOB)
    now = curation.decisions()
    assert decisions_after(curation, point.id) == then
    curation.put("revert", decisions_after(curation, point.id), **ANN)
    assert curation.decisions() == then
    curation.undo(**ANN)
    assert reopen().decisions() == now
    with pytest.raises(BadRequest, match="no line"):
        decisions_after(curation, "nothing")
