"""Levels stand for values; nothing that a movie may hold makes them wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minian_web.model.quantise import (
    IDENTITY,
    finite_range,
    percentile_limits,
    quantise,
    reduced,
    sampled_range,
    value_of,
)


def test_uint8_is_not_touched():
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert quantise(values, *IDENTITY) is values


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint16", "int16", "uint8", "bool"])
def test_ends_of_the_range_become_0_and_255(dtype):
    values = np.array([[[0, 1]]], dtype=dtype)
    assert quantise(values, 0.0, 1.0).tolist() == [[[0, 255]]]


def test_values_outside_are_clipped_and_nan_is_dark():
    values = np.array([[-5.0, 0.0, 50.0, 100.0, 5000.0, np.nan, np.inf, -np.inf]], np.float32)
    assert quantise(values, 0.0, 100.0).tolist() == [[0, 0, 128, 255, 255, 0, 255, 0]]


def test_input_is_left_as_it_was():
    values = np.linspace(-1, 2, 12, dtype=np.float32).reshape(1, 3, 4)
    before = values.copy()
    quantise(values, 0.0, 1.0)
    np.testing.assert_array_equal(values, before)


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-2, 1e6),
    st.floats(0, 1),
)
def test_a_level_stands_for_the_value_within_half_a_step(low, span, part):
    high = low + span
    value = low + part * span
    level = quantise(np.array([[value]], np.float64), low, high)[0, 0]
    assert abs(float(value_of(level, low, high)) - value) <= span / 255 * 0.5 + 1e-6 * (abs(low) + span)


def test_range_of_a_sample_leaves_room_above_and_stays_at_zero():
    low, high = sampled_range(np.array([[[0.0, 10.0]]], np.float32))
    assert low == 0.0
    assert high == pytest.approx(12.5)


@pytest.mark.parametrize(
    "sample", [np.zeros((1, 2, 2)), np.full((1, 2, 2), np.nan), np.full((1, 2, 2), -3.0), np.zeros((0, 2, 2))]
)
def test_range_is_never_empty(sample):
    low, high = sampled_range(sample.astype(np.float32))
    assert np.isfinite([low, high]).all()
    assert low < high


def test_range_ignores_infinities():
    assert finite_range(np.array([np.nan, 1.0, np.inf, -2.0, -np.inf])) == (-2.0, 1.0)


def test_limits_leave_out_a_single_bright_pixel():
    levels = np.full((1, 100, 100), 20, np.uint8)
    levels[0, 0, 0] = 255
    levels[0, 1] = 30
    low, high = percentile_limits(levels, 0.0, 510.0)
    assert (low, high) == (40.0, 60.0)


@pytest.mark.parametrize("level", [0, 100, 255])
def test_limits_of_a_flat_frame_are_a_step_apart(level):
    low, high = percentile_limits(np.full((1, 4, 4), level, np.uint8), 0.0, 255.0)
    assert high - low >= 1.0


def test_reduced_frames_are_means_and_edges_may_be_smaller():
    levels = np.array([[[0, 10, 100], [20, 30, 200], [7, 9, 50]]], np.uint8)
    assert reduced(levels, 2).tolist() == [[[15, 150], [8, 50]]]
    assert reduced(levels, 1) is levels
