"""Shifts: minian's numbers, known shifts found again, windows, frames of different size."""

from __future__ import annotations

import numpy as np
import pytest

from minian_web.model.footprints import from_dense
from minian_web.model.registration.alignment import (
    Canvas,
    cut,
    moved,
    moved_image,
    phase_shift,
    shifts_of,
    whole,
    window_of,
)
from tests.paths import DATA


@pytest.fixture(scope="module")
def reference():
    return np.load(DATA / "reference" / "shifts.npz")


def test_whole_pixel_shifts_are_those_of_minian(reference):
    images, shifts = reference["shift_in"], reference["shift_motion"]
    for image, shift, nan, zero in zip(
        images, shifts, reference["apply_shifts_nan"], reference["apply_shifts_fill0"], strict=True
    ):
        np.testing.assert_array_equal(moved_image(image, whole(shift), image.shape), nan)
        footprint = moved(from_dense([3], [image], image.shape), whole(shift), image.shape)
        dense = np.zeros(image.size, np.float32)
        pixels, values = footprint.of(3)
        dense[pixels] = values
        np.testing.assert_array_equal(dense.reshape(image.shape), zero)


def test_halves_are_rounded_to_even():
    assert whole((0.5, -0.5)) == (0, 0)
    assert whole((1.5, 2.5)) == (2, 2)


def blobs(shift=(0.0, 0.0), shape=(90, 110), seed=0):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image = np.zeros(shape)
    for row, column in rng.uniform(15, 75, (25, 2)):
        image += np.exp(-((rows - row - shift[0]) ** 2 + (columns - column - shift[1]) ** 2) / 8)
    return image


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -5.0), (-2.4, 6.7), (0.35, -0.15)])
def test_a_known_shift_is_found(shift):
    found = phase_shift(blobs(), blobs(shift))
    np.testing.assert_allclose(found, np.negative(shift), atol=0.06)


def test_uneven_light_does_not_pull_the_shift():
    light = 5 * np.exp(-((np.mgrid[:90, :110] - 50) ** 2).sum(axis=0) / 3000)
    found = phase_shift(blobs() + light, blobs((4.0, -3.0)) + light)
    np.testing.assert_allclose(found, (-4, 3), atol=0.5)


def test_missing_pixels_count_as_nothing():
    image = blobs((2.0, 1.0))
    image[:, -4:] = np.nan
    np.testing.assert_allclose(phase_shift(blobs(), image), (-2, -1), atol=0.3)


def test_shifts_are_relative_to_the_reference():
    seen = []
    found = shifts_of({"a": blobs(), "b": blobs((1.0, 2.0))}, "b", seen.append)
    assert found["b"] == (0.0, 0.0)
    np.testing.assert_allclose(found["a"], (1, 2), atol=0.06)
    assert seen == [0.5, 1.0]


def test_the_common_window_of_sessions_of_different_size():
    assert window_of([(100, 120), (90, 130)], [(0, 0), (3, -4)]) == (3, 93, 0, 120)
    row0, row1, _, _ = window_of([(10, 10), (10, 10)], [(0, 0), (40, 0)])
    assert row1 <= row0


def test_a_canvas_holds_all_sessions():
    axes = [(np.arange(0, 100), np.arange(10, 60)), (np.arange(5, 120), np.arange(0, 40))]
    canvas = Canvas.around(axes)
    assert canvas.shape == (120, 60)
    assert canvas.offset(*axes[1]) == (5, 0)
    assert canvas.offset(*axes[0]) == (0, 10)


def test_what_leaves_the_field_or_the_window_is_cut_off():
    image = np.ones((4, 5), np.float32)
    footprints = from_dense([7], [image], image.shape)
    assert moved(footprints, (2, -3), (4, 5)).areas.tolist() == [4]
    assert moved(footprints, (9, 0), (4, 5)).areas.tolist() == [0]
    assert cut(footprints, (1, 3, 0, 2)).areas.tolist() == [4]
    assert np.isnan(moved_image(image, (9, 0), (4, 5))).all()
