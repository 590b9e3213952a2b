"""The walk through groups of units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minian_web.errors import BadRequest
from minian_web.model.walk import Walk

UNITS = (7, 3, 12, 5, 1, 40, 2)


def test_groups_follow_the_order():
    walk = Walk.through(UNITS)
    assert walk.groups == ((7, 3, 12, 5, 1), (40, 2))
    assert walk.current == 7
    assert walk.upcoming == (40, 2)


def test_ends_do_not_wrap():
    walk = Walk.through(UNITS)
    assert walk.previous_group() == walk
    assert walk.previous_unit() == walk
    last = walk.to_group(99)
    assert last.index == 1
    assert last.next_group() == last
    assert last.next_unit().next_unit().next_unit().current == 2


def test_stepping_crosses_groups_both_ways():
    walk = Walk.through(UNITS).to_unit(1)
    assert walk.next_unit().current == 40
    assert walk.next_unit().previous_unit() == walk


def test_a_unit_picked_elsewhere_is_shown_beside_the_group():
    walk = Walk.through(UNITS).toggle(2)
    assert walk.shown == (7, 3, 12, 5, 1, 2)
    assert walk.chosen == (2,)
    assert walk.toggle(7).chosen == (7, 2)
    assert walk.toggle(2).chosen == (7,)


def test_box_forms_groups_inside_the_selection():
    walk = Walk.through(UNITS).inside([2, 40, 7])
    assert walk.groups == ((7, 40, 2),)
    assert walk.within_box
    assert walk.to_unit(5).within_box is False
    assert walk.inside([]).groups == Walk.through(UNITS).groups


def test_next_where_goes_round():
    walk = Walk.through(UNITS).to_unit(40)
    assert walk.next_where([3, 12]).current == 3
    assert walk.next_where([]) == walk


def test_unknown_unit_is_refused():
    with pytest.raises(BadRequest, match="no unit 99"):
        Walk.through(UNITS).to_unit(99)
    with pytest.raises(BadRequest, match="no unit 99"):
        Walk.through(UNITS).toggle(99)


def test_no_units():
    walk = Walk.through(())
    assert walk.shown == walk.chosen == walk.upcoming == ()
    assert walk.next_unit() == walk.next_group() == walk.to_group(3) == walk


@given(st.lists(st.integers(0, 60), unique=True, max_size=40), st.lists(st.integers(0, 6), max_size=30))
def test_current_is_always_shown(units, moves):
    walk = Walk.through(units)
    for move in moves:
        step = ("next_unit", "previous_unit", "next_group", "previous_group", "everywhere", "mark_none")
        walk = walk.inside(units[::2]) if move == 6 else getattr(walk, step[move])()
        assert walk.current is None if not units else walk.current in walk.shown
