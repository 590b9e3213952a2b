from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import center_of_mass

from minian_web.errors import BadRequest
from minian_web.model.footprints import (
    Footprints,
    activity,
    from_dense,
    outline,
    outlines,
    sparse,
    summed,
    unit_at,
    units_in,
)

SHAPE = (20, 30)
IMAGES = arrays(np.float64, (3, 6, 7), elements=st.sampled_from([0.0, 0.0, 0.0, np.nan, 0.25, 1.0, 3.5]))


def blob(row: int, column: int, peak: float = 1.0) -> np.ndarray:
    rows, columns = np.indices(SHAPE)
    image = peak * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8)
    image[image < 0.1 * peak] = 0
    return image


@pytest.fixture
def images() -> np.ndarray:
    return np.stack([blob(5, 6, 2.0), blob(12, 20), np.zeros(SHAPE), blob(14, 22, 0.5)])


@pytest.fixture
def cells(images) -> Footprints:
    return from_dense([7, 3, 40, 12], images, SHAPE)


def dense(cells: Footprints, unit: int) -> np.ndarray:
    image = np.zeros(cells.shape, np.float32)
    pixels, values = cells.of(unit)
    image.flat[pixels] = values
    return image


def test_nothing_is_lost(cells, images):
    assert cells.unit_ids.tolist() == [7, 3, 40, 12]
    for unit, image in zip(cells.unit_ids, images, strict=True):
        np.testing.assert_array_equal(dense(cells, unit), image.astype(np.float32))
    assert cells.areas.tolist() == [(image > 0).sum() for image in images]
    assert cells.maxima.tolist() == [2.0, 1.0, 0.0, 0.5]


def test_centroids_are_the_centre_of_mass(cells, images):
    for row, image in zip(cells.centroids, images, strict=True):
        np.testing.assert_allclose(row, center_of_mass(image) if image.any() else (np.nan, np.nan), rtol=1e-6)


def test_boxes_are_tight_and_half_open(cells, images):
    for (row0, row1, column0, column1), image in zip(cells.boxes, images, strict=True):
        rows, columns = np.nonzero(image)
        wanted = [rows.min(), rows.max() + 1, columns.min(), columns.max() + 1] if len(rows) else [0, 0, 0, 0]
        assert [row0, row1, column0, column1] == wanted


@given(IMAGES)
def test_sparse_drops_zero_and_nan_only(images: np.ndarray):
    for image in images:
        pixels, values = sparse(image)
        again = np.zeros(image.size, np.float32)
        again[pixels] = values
        np.testing.assert_array_equal(again, np.nan_to_num(image).astype(np.float32).ravel())
        assert (np.diff(pixels) > 0).all()
        assert not (values == 0).any()


def test_sparse_of_a_transposed_image():
    image = np.arange(12.0).reshape(3, 4).T
    pixels, values = sparse(image)
    np.testing.assert_array_equal(image.ravel()[pixels], values)


@pytest.mark.parametrize("change", [("ids", 9), ("value", 0.5), ("moved", None), ("wider", None)])
def test_digest_tells_cells_apart(images, change):
    before = from_dense([7, 3, 40, 12], images, SHAPE)
    assert from_dense([7, 3, 40, 12], images.copy(), SHAPE).digest == before.digest
    ids, changed, shape = [7, 3, 40, 12], images.copy(), SHAPE
    match change:
        case ("ids", unit):
            ids[0] = unit
        case ("value", factor):
            changed[0] *= factor
        case ("moved", _):
            changed = np.roll(changed, 1, axis=2)
        case _:
            changed, shape = np.pad(changed, [(0, 0), (0, 0), (0, 1)]), (20, 31)
    assert from_dense(ids, changed, shape).digest != before.digest


def test_digest_tells_apart_where_a_unit_ends():
    one, two = np.zeros((1, 4)), np.zeros((1, 4))
    one[0, :2], two[0, 2] = 1, 1
    first = from_dense([0, 1], [one, two], (1, 4))
    one[0, 1], two[0, 1] = 0, 1
    assert from_dense([0, 1], [one, two], (1, 4)).digest != first.digest


def test_shared_arrays_cannot_be_written_to(cells):
    with pytest.raises(ValueError, match="read-only"):
        cells.values[0] = 5


def test_unknown_unit_is_named(cells):
    with pytest.raises(BadRequest, match="no unit 8"):
        cells.of(8)


def test_no_units():
    cells = from_dense([], [], SHAPE)
    assert cells.areas.shape == (0,)
    assert cells.centroids.shape == (0, 2)
    assert not summed(cells).any()
    assert unit_at(cells, 3, 3) is None
    assert units_in(cells, 0, 9, 0, 9).size == 0
    assert [part.size for part in outlines(cells, [])] == [0, 0]


def test_summed_is_bright_for_weak_units_too(cells):
    image = summed(cells)
    assert image.shape == SHAPE
    assert image.dtype == np.float32
    assert image[5, 6] == image[12, 20] == image[14, 22] == 1
    assert image.max() == 1
    assert summed(cells, [7])[12, 20] == 0


def test_activity_is_a_weighted_sum(cells, images):
    expected = 2 * images[0] - images[3]
    np.testing.assert_allclose(activity(cells, [7, 12], [2.0, -1.0]), expected, atol=1e-6)


def test_activity_without_a_value_at_this_frame(cells, images):
    np.testing.assert_allclose(activity(cells, [7, 12], [np.nan, 1.0]), images[3], atol=1e-6)
    with pytest.raises(ValueError, match="shorter"):
        activity(cells, [7, 12], [1.0])


def test_outline_surrounds_what_is_above_the_level(cells):
    (line,) = outline(cells, 7)
    assert np.array_equal(line[0], line[-1])
    radius = np.hypot(line[:, 0] - 5, line[:, 1] - 6)
    assert np.ptp(radius) < 0.3
    assert abs(radius.mean() - np.sqrt(-8 * np.log(0.2))) < 0.2


def test_outline_is_closed_at_the_edge_of_the_image():
    cells = from_dense([1], [np.pad(np.ones((3, 3)), [(0, 17), (0, 27)])], SHAPE)
    (line,) = outline(cells, 1)
    assert np.array_equal(line[0], line[-1])
    assert line.min() < 0


def test_outline_of_one_pixel_and_of_nothing(cells):
    image = np.zeros(SHAPE)
    image[4, 9] = 3
    (line,) = outline(from_dense([1], [image], SHAPE), 1)
    np.testing.assert_allclose(line[:-1].mean(axis=0), [4, 9])
    assert outline(cells, 40) == []


def test_outlines_are_one_broken_curve(cells):
    xs, ys = outlines(cells, [7, 40, 3])
    assert xs.dtype == np.float32
    gaps = np.flatnonzero(np.isnan(xs))
    assert len(gaps) == 1
    assert np.array_equal(gaps, np.flatnonzero(np.isnan(ys)))
    assert abs(np.nanmean(xs[: gaps[0]]) - 6) < 0.5
    assert abs(np.nanmean(ys[: gaps[0]]) - 5) < 0.5


def test_a_click_means_the_strongest_unit_there(cells):
    assert unit_at(cells, 5.3, 6.2) == 7
    assert unit_at(cells, 12, 20) == 3
    assert unit_at(cells, 14, 22) == 12, "weak in itself, but strongest relative to its own peak"


def test_a_click_beside_means_the_nearest_within_reach(cells):
    assert unit_at(cells, 5, 13) == 7
    assert unit_at(cells, 5, 13, reach=3) is None
    assert unit_at(cells, -500, 4000) is None


def test_units_in_a_box_by_centroid(cells):
    assert units_in(cells, 0, 13, 0, 30).tolist() == [7, 3]
    assert units_in(cells, 13, 0, 30, 0).tolist() == [7, 3], "corners in any order"
