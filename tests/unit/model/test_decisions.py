"""Decisions: the canonical form of labels, and what actions do, for any labels and any sequence of actions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minian_web.errors import BadRequest
from minian_web.model.decisions import DISCARDED, STATUSES, Decisions, affected, applied, canonical
from minian_web.model.decisions import labelled as by_hand

KINDS = ("keep", "discard", "discard_unit", "merge", "unmerge", "reset")
IDS = st.lists(st.integers(0, 40), min_size=1, max_size=12, unique=True)
LABELS = st.one_of(st.integers(-3, 45), st.just(-1))


@st.composite
def labelled(draw):
    ids = draw(IDS)
    return np.array(ids), np.array(draw(st.lists(LABELS, min_size=len(ids), max_size=len(ids))))


@st.composite
def decisions(draw):
    ids, labels = draw(labelled())
    made = Decisions.from_labels(ids, labels)
    for kind, units in draw(st.lists(actions(ids.tolist()), max_size=6)):
        made = after(made, kind, units)
    return made


def actions(ids):
    return st.tuples(st.sampled_from(KINDS), st.lists(st.sampled_from(ids), min_size=1, max_size=4))


def after(made, kind, units):
    try:
        return applied(made, kind, units)
    except BadRequest:
        return made


def partition(ids, labels):
    cells = {}
    for unit, label in zip(ids.tolist(), labels.tolist(), strict=True):
        cells.setdefault(label if label != DISCARDED else ("out", unit), set()).add(unit)
    return {frozenset(cell) for cell in cells.values()}


@given(labelled())
def test_canonical_is_idempotent(pair):
    ids, labels = pair
    once = canonical(ids, labels)
    assert once.dtype == np.int64
    assert np.array_equal(canonical(ids, once), once)


@given(labelled())
def test_canonical_keeps_cells_and_discards(pair):
    ids, labels = pair
    names = canonical(ids, labels)
    assert partition(ids, names) == partition(ids, labels)
    assert np.array_equal(names == DISCARDED, labels == DISCARDED)


@given(labelled())
def test_canonical_names_a_cell_by_a_member_its_own_name_first(pair):
    ids, labels = pair
    names = canonical(ids, labels)
    for label in set(labels.tolist()) - {DISCARDED}:
        members = set(ids[labels == label].tolist())
        (name,) = set(names[labels == label].tolist())
        assert name == (label if label in members else min(members))


@given(labelled(), st.randoms())
def test_canonical_does_not_depend_on_the_order_of_units(pair, random):
    ids, labels = pair
    order = list(range(len(ids)))
    random.shuffle(order)
    assert np.array_equal(canonical(ids[order], labels[order]), canonical(ids, labels)[order])


def test_canonical_of_examples():
    assert canonical([5, 2, 3], [9, 9, 3]).tolist() == [2, 2, 3]  # named by its smallest member
    assert canonical([5, 2, 3], [5, 5, 3]).tolist() == [5, 5, 3]  # by its value when that is a member
    assert canonical([1, 2, 3], [2, 3, 3]).tolist() == [1, 3, 3]  # chains are not followed
    assert canonical([1, 2, 3], [np.nan, 1.0, -1.0]).tolist() == [1, 2, -1]  # no label: a cell of its own


@given(decisions(), st.data())
def test_any_action_leaves_canonical_labels_and_sound_statuses(made, data):
    kind, units = data.draw(actions(made.unit_ids.tolist()))
    then = after(made, kind, units)
    assert np.array_equal(canonical(then.unit_ids, then.labels()), then.labels())
    assert sum(then.counts().values()) == len(then.unit_ids)
    for unit in then.unit_ids.tolist():
        decision = then.of(unit)
        assert decision.status in STATUSES
        assert (decision.label == DISCARDED) == (decision.status == "discarded")
        assert (len(then.cell(unit)) > 1) == (decision.status == "merged")
        assert unit in then.cell(unit)
        assert not (then.reviewed[then.position(unit)] and decision.status != "kept")


@given(decisions(), st.data())
def test_an_action_concerns_only_the_cells_it_names(made, data):
    kind, units = data.draw(actions(made.unit_ids.tolist()))
    then, touched = after(made, kind, units), set(affected(made, units))
    for unit in set(made.unit_ids.tolist()) - touched:
        assert then.of(unit) == made.of(unit)
        assert then.cell(unit) == made.cell(unit)


@given(decisions(), st.data())
def test_putting_back_what_was_undoes_any_action(made, data):
    kind, units = data.draw(actions(made.unit_ids.tolist()))
    then, touched = after(made, kind, units), affected(made, units)
    assert then.replaced(touched, [made.of(unit) for unit in touched]) == made
    assert made.replaced(touched, [then.of(unit) for unit in touched]) == then


@given(decisions(), st.data())
def test_discard_and_keep_reach_the_whole_cell(made, data):
    unit = data.draw(st.sampled_from(made.unit_ids.tolist()))
    cell = made.cell(unit)
    assert {applied(made, "discard", [unit]).of(one).status for one in cell} == {"discarded"}
    kept = applied(made, "keep", [unit])
    assert {kept.of(one).status for one in cell} == {"kept" if len(cell) == 1 else "merged"}


@given(decisions(), st.data())
def test_merge_then_unmerge_of_all_leaves_them_undecided_and_alone(made, data):
    units = data.draw(st.lists(st.sampled_from(made.unit_ids.tolist()), min_size=1, max_size=4))
    try:
        merged = applied(made, "merge", units)
    except BadRequest:
        assert len({made.cell(unit) for unit in units}) == 1
        return
    cell = merged.cell(units[0])
    assert set(cell) == set(affected(made, units))
    assert {merged.of(unit).label for unit in cell} == {min(cell)}
    apart = applied(merged, "unmerge", cell)
    assert [apart.of(unit) for unit in cell] == [Decisions.from_labels(made.unit_ids).of(unit) for unit in cell]


def three():
    return Decisions.from_labels([7, 2, 4, 9], [2, 2, 2, 9])


def test_from_labels_tells_what_labels_tell():
    made = Decisions.from_labels([7, 2, 4, 9], [2, 2, -1, 9])
    assert [made.of(unit).status for unit in (7, 2, 4, 9)] == ["merged", "merged", "discarded", "undecided"]
    assert made.counts() == {"undecided": 1, "kept": 0, "discarded": 1, "merged": 2}
    assert made.cell(7) == (2, 7)


def test_discarding_one_unit_leaves_the_rest_together_under_a_new_name():
    then = applied(three(), "discard_unit", [2])
    assert then.labels().tolist() == [4, -1, 4, 9]


def test_unmerging_two_of_three_leaves_all_alone_and_undecided():
    then = applied(three(), "unmerge", [2, 7])
    assert then.labels().tolist() == [7, 2, 4, 9]
    assert then.counts()["undecided"] == 4


def test_unmerging_one_leaves_the_others_together():
    assert applied(three(), "unmerge", [2]).labels().tolist() == [4, 2, 4, 9]
    assert applied(three(), "unmerge", [7]).labels().tolist() == [7, 2, 2, 9]


def test_merge_is_the_union_of_whole_cells_and_takes_in_discarded_units():
    then = applied(applied(three(), "discard", [9]), "merge", [9, 7])
    assert then.labels().tolist() == [2, 2, 2, 2]


def test_keeping_a_discarded_unit_takes_it_back():
    then = applied(applied(three(), "discard", [9]), "keep", [9])
    assert (then.of(9).label, then.of(9).status) == (9, "kept")


def test_reset_forgets():
    then = applied(applied(three(), "keep", [9]), "reset", [9, 2])
    assert then == Decisions.from_labels([7, 2, 4, 9])


@pytest.mark.parametrize(
    ("kind", "units", "reason"),
    [
        ("merge", [9], "needs two cells; selected is one"),
        ("merge", [2, 7], "selected is one, of 3 units"),
        ("unmerge", [9], "not merged with any other unit: 9"),
        ("keep", [], "nothing is selected to keep"),
        ("keep", [5], "unit 5 is not among the 4 units"),
        ("adopt", [9], "'adopt' is no action"),
        ("keep", [2.5], "whole numbers"),
        ("keep", ["2"], "whole numbers"),
    ],
)
def test_senseless_actions_say_why(kind, units, reason):
    with pytest.raises(BadRequest, match=reason):
        applied(three(), kind, units)


def test_ids_that_cannot_be_labels_are_refused():
    with pytest.raises(BadRequest, match="-1 cannot be the id"):
        Decisions.from_labels([3, -1])
    with pytest.raises(BadRequest, match="must differ"):
        Decisions.from_labels([3, 3])


def test_decisions_cannot_be_changed():
    made = three()
    with pytest.raises(ValueError, match="read-only"):
        made.labels_array[0] = 1
    made.labels()[0] = 1
    assert made.labels().tolist() == [2, 2, 2, 9]


def test_a_label_given_by_hand():
    blank = Decisions.from_labels(np.array([4, 1, 7, 9]))
    joined = by_hand(by_hand(blank, 7, 1), 4, 7)
    assert joined.cell(4) == (1, 4, 7)
    assert joined.labels().tolist() == [1, 1, 1, 9]
    out = by_hand(joined, 1, 1)
    assert out.cell(4) == (4, 7)
    assert out.of(1).status == "undecided"
    assert by_hand(joined, 1, -1).of(1).status == "discarded"
    assert by_hand(joined, 1, 9).labels().tolist() == [4, 9, 4, 9]
    back = by_hand(by_hand(blank, 9, -1), 9, 9)
    assert back.of(9).status == "undecided"
    with pytest.raises(BadRequest, match="unit 9 is discarded"):
        by_hand(by_hand(blank, 9, -1), 4, 9)
