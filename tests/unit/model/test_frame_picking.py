"""Positions, blocks and regions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minian_web.errors import BadRequest
from minian_web.model.frame_picking import by_block, checked_positions, region_slices


@given(st.lists(st.integers(0, 99), min_size=1, max_size=30), st.integers(1, 40))
def test_blocks_give_back_the_frames_in_the_order_asked(wanted, length):
    movie = np.arange(100)
    parts = [movie[number * length : (number + 1) * length][offsets] for number, offsets in by_block(wanted, length)]
    assert np.concatenate(parts).tolist() == wanted


def test_even_steps_are_slices_so_that_nothing_is_copied():
    assert by_block([2, 4, 6, 11], 10) == [(0, slice(2, 7, 2)), (1, slice(1, 2))]


@pytest.mark.parametrize("positions", [[], [-1], [10], [3, 10], slice(5, 5)])
def test_positions_that_are_not_there(positions):
    with pytest.raises(BadRequest):
        checked_positions(positions, 10)


def test_a_slice_of_positions():
    assert checked_positions(slice(6, None, 2), 10) == [6, 8]


@pytest.mark.parametrize("region", [(0, 7, 0, 1), (0, 1, 0, 10), (2, 2, 0, 1), (3, 1, 0, 1)])
def test_regions_that_are_not_there(region):
    with pytest.raises(BadRequest, match="6 x 9"):
        region_slices(region, 6, 9)
