"""The table of matches, and edits of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minian_web.errors import BadRequest, Conflict
from minian_web.model.registration.edits import applied, edit
from minian_web.model.registration.mapping import NONE, Matches, Row


@pytest.fixture
def matches():
    return Matches.numbered(("a", "b", "c"), np.array([[4, NONE, NONE], [1, 2, 3], [5, 6, NONE], [NONE, NONE, 9]]))


def test_those_found_in_most_sessions_come_first(matches):
    assert matches.units.tolist() == [[1, 2, 3], [5, 6, NONE], [4, NONE, NONE], [NONE, NONE, 9]]
    assert matches.ids.tolist() == [0, 1, 2, 3]
    assert matches.counts() == {1: 2, 2: 1, 3: 1}


def test_matched_means_found_in_all_distinct_sessions_chosen(matches):
    assert matches.matched(["a", "b", "c"]).tolist() == [True, False, False, False]
    assert matches.matched(["a", "b", "b"]).tolist() == [True, True, False, False]


def test_fractions_are_of_the_smaller_session(matches):
    overlaps = matches.overlaps()
    assert overlaps[0, 1] == overlaps[1, 0] == 1.0  # both cells of b
    assert overlaps[0, 2] == 0.5
    assert overlaps.diagonal().tolist() == [1, 1, 1]


def test_rows_are_found_by_unit(matches):
    assert matches.row_of("b", 6) == 1
    assert matches.row_of("b", 7) is None
    with pytest.raises(BadRequest, match="only a, b, c"):
        matches.row_of("d", 1)
    with pytest.raises(BadRequest, match="no match 77"):
        matches.row(77)


def test_a_unit_in_two_matches_is_refused():
    with pytest.raises(BadRequest, match="unit 1 of session a is in two"):
        Matches.of(("a",), [Row(0, (1,)), Row(1, (1,))])
    with pytest.raises(BadRequest, match="same id"):
        Matches.of(("a",), [Row(0, (1,)), Row(0, (2,))])


def test_units_become_cells(matches):
    names = {"a": {1: 1, 4: 1, 5: NONE}, "b": {2: 2, 6: 6}, "c": {3: 3, 9: 9}}
    named, lost = matches.named(names)
    assert named.units.tolist() == [[1, 2, 3], [NONE, 6, NONE], [NONE, NONE, 9]]
    assert lost == 1  # unit 4 belongs to cell 1, which is in a match of three sessions


def test_dropped_matches_count_as_singles(matches):
    dropped = applied(matches, edit(matches, "drop", [0]))
    assert dropped.counts() == {1: 5, 2: 1, 3: 0}
    assert not dropped.matched(["a", "b", "c"]).any()
    assert dropped.row(0).status == "dropped"
    assert applied(dropped, edit(dropped, "reset", [0])).rows() == matches.rows()


def test_break_and_join(matches):
    broken = applied(matches, edit(matches, "break", [0], next_id=40))
    assert [row.id for row in broken.rows()][:3] == [0, 40, 41]
    assert broken.counts() == {1: 5, 2: 1, 3: 0}
    joined = applied(broken, edit(broken, "join", [0, 40, 41]))
    assert joined.row(0).units == (1, 2, 3)
    with pytest.raises(BadRequest, match="both have a cell in a"):
        edit(matches, "join", [0, 1])
    with pytest.raises(BadRequest, match="two or more"):
        edit(matches, "join", [0])
    with pytest.raises(BadRequest, match="nothing to break"):
        edit(matches, "break", [2])


@pytest.mark.parametrize(("kind", "ids"), [("keep", []), ("shake", [0]), ("reset", [0])])
def test_edits_that_make_no_sense_are_refused(matches, kind, ids):
    with pytest.raises(BadRequest):
        edit(matches, kind, ids)


def test_an_edit_of_rows_that_changed_is_a_conflict(matches):
    change = edit(matches, "keep", [0])
    with pytest.raises(Conflict, match="match 0 was changed"):
        applied(applied(matches, edit(matches, "drop", [0])), change)


@given(st.lists(st.tuples(st.sampled_from(["keep", "drop", "reset", "break", "join"]), st.sets(st.integers(0, 8)))))
def test_undoing_all_edits_gives_the_same_cells_and_no_cell_is_ever_lost(steps):
    start = Matches.numbered(("a", "b"), np.array([[0, 0], [1, 1], [2, NONE], [NONE, 3], [4, NONE]]))
    matches, done = start, []
    for kind, ids in steps:
        try:
            change = edit(matches, kind, sorted(ids))
        except BadRequest:
            continue
        matches = applied(matches, change)
        done.append(change)
        assert (np.sort(matches.units[:, 0][matches.units[:, 0] != NONE]) == [0, 1, 2, 4]).all()
        assert (np.sort(matches.units[:, 1][matches.units[:, 1] != NONE]) == [0, 1, 3]).all()
    for change in reversed(done):
        matches = applied(matches, change.inverse)
    assert set(matches.rows()) == set(start.rows())
