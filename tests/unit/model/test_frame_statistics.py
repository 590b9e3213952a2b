"""Statistics of frames against plain numpy."""

import numpy as np
import pytest

from minian_web.model.frame_statistics import NAMES, FrameStatistics


def computed(movie, block):
    found = FrameStatistics.empty(len(movie))
    for start in range(0, len(movie), block):
        found.fill(start, movie[start : start + block], movie[start - 1] if start else None)
    return found


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("block", [1, 3, 10])
@pytest.mark.parametrize("shape", [(16, 32), (5, 7)])
def test_same_as_numpy_whatever_the_blocks(dtype, block, shape):
    movie = np.random.default_rng(0).integers(0, 250, (7, *shape)).astype(dtype)
    found, exact = computed(movie, block), movie.astype(np.float64)
    np.testing.assert_allclose(found.mean, exact.mean((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(found.max, exact.max((1, 2)))
    np.testing.assert_array_equal(found.min, exact.min((1, 2)))
    np.testing.assert_allclose(found.diff[1:], np.abs(np.diff(exact, axis=0)).mean((1, 2)), rtol=1e-5)
    assert np.isnan(found.diff[0])


def test_unsigned_differences_do_not_wrap():
    movie = np.stack([np.full((4, 4), 200, np.uint8), np.full((4, 4), 10, np.uint8)])
    assert computed(movie, 2).diff[1] == 190


def test_nan_pixels_are_left_out_and_an_all_nan_frame_has_no_value():
    movie = np.ones((3, 2, 2), np.float32)
    movie[1, 0, 0], movie[2] = np.nan, np.nan
    found = computed(movie, 3)
    assert found.mean[:2].tolist() == [1, 1]
    assert found.max[1] == found.min[1] == 1
    assert np.isnan([found.of(name)[2] for name in NAMES]).all()


def test_a_copy_is_not_changed_by_later_blocks():
    found = FrameStatistics.empty(2)
    copy = found.copy()
    found.fill(0, np.ones((2, 2, 2), np.float32), None)
    assert np.isnan(copy.mean).all()
