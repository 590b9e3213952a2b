"""The activity of units as a movie is the sum of footprint times trace."""

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.footprints import from_dense
from minian_web.store.activity import Activities, Activity
from tests.movies import stub_dataset

IMAGES = np.zeros((3, 5, 6), np.float32)
IMAGES[0, 1:3, 1:3], IMAGES[1, 2:4, 2:5], IMAGES[2, 0, 0] = 0.5, 0.25, 1.0
TRACES = np.array([[0, 1, 2, 4], [8, 4, 0, np.nan], [1, 1, 1, 1]], np.float32)
FOOTPRINTS = from_dense([7, 3, 12], IMAGES, (5, 6))


def test_values_are_the_sum_over_units():
    activity = Activity(FOOTPRINTS, [7, 3], TRACES[:2])
    expected = np.einsum("uhw,ut->thw", IMAGES[:2], np.nan_to_num(TRACES[:2]))
    np.testing.assert_allclose(activity.values([0, 1, 2, 3]), expected, rtol=1e-6)
    np.testing.assert_allclose(activity.values([3, 1]), expected[[3, 1]], rtol=1e-6)


def test_levels_are_those_values_quantised_and_dark_elsewhere():
    activity = Activity(FOOTPRINTS, [7, 3], TRACES[:2])
    low, high = activity.range
    assert (low, high) == (0.0, 2.0)
    levels = activity.levels([1], low, high)
    assert levels.shape == (1, 5, 6)
    assert levels.dtype == np.uint8
    assert levels[0, 2, 2] == round((0.5 + 1.0) / 2 * 255)
    assert levels[0, 0, 0] == 0


def test_no_units_are_a_dark_movie():
    activity = Activity(FOOTPRINTS, [], np.zeros((0, 4), np.float32))
    assert activity.n_frames == 4
    assert not activity.levels([0, 3], *activity.range).any()


def test_silent_and_empty_units_have_a_range_all_the_same():
    empty = from_dense([1, 2], np.zeros((2, 5, 6), np.float32), (5, 6))
    activity = Activity(empty, [1, 2], np.full((2, 3), np.nan, np.float32))
    assert activity.range == (0.0, 1.0)
    assert not activity.values([0, 1, 2]).any()


def test_a_selection_is_put_together_once():
    dataset, activities = stub_dataset(FOOTPRINTS, TRACES), Activities()
    assert activities.of(dataset, (7, 3)) is activities.of(dataset, (7, 3))
    assert activities.of(dataset, (3, 7)) is not activities.of(dataset, (7,))


def test_a_rewritten_dataset_is_read_anew():
    activities = Activities()
    assert activities.of(stub_dataset(FOOTPRINTS, TRACES, "a"), (7,)) is not activities.of(
        stub_dataset(FOOTPRINTS, TRACES, "b"), (7,)
    )


@pytest.mark.parametrize("units", [(7, 7), (99,)])
def test_units_that_cannot_be_shown(units):
    with pytest.raises(BadRequest):
        Activities().of(stub_dataset(FOOTPRINTS, TRACES), units)
