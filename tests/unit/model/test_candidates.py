import time

import numpy as np

from minian_web.model.candidates import (
    Pairs,
    correlated,
    groups,
    merged_footprint,
    merged_trace,
    overlaps,
    undecided_pairs,
)
from minian_web.model.decisions import Decisions, applied
from minian_web.model.footprints import from_dense, from_sparse


def blob(row, column, shape=(40, 50)):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    image = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 18)
    return np.where(image > 0.05, image, 0)


def pairs(*rows):
    table = np.array(rows, float)
    return Pairs(table[:, :2].astype(np.int64), table[:, 2], table[:, 3])


def test_overlap_is_the_cosine_of_the_footprints():
    images = [blob(10, 10), blob(10, 12) * 3, blob(30, 40), blob(30, 10)]
    units, overlap = overlaps(from_dense([7, 3, 5, 1], images, (40, 50)))
    assert units.tolist() == [[7, 3]]
    a, b = (np.where(image >= 0.1 * image.max(), image, 0).ravel() for image in images[:2])
    np.testing.assert_allclose(overlap, a @ b / np.sqrt((a @ a) * (b @ b)), rtol=1e-6)


def test_the_same_cell_twice_and_empty_footprints():
    units, overlap = overlaps(from_dense([1, 2, 3], [blob(9, 9), blob(9, 9), np.zeros((40, 50))], (40, 50)))
    assert units.tolist() == [[1, 2]]
    np.testing.assert_allclose(overlap, 1)
    assert overlaps(from_dense([], [], (40, 50)))[0].shape == (0, 2)


def test_correlations_read_each_trace_once():
    traces = dict(enumerate(np.random.default_rng(0).normal(size=(4, 100))))
    read = []

    def trace(unit):
        read.append(unit)
        return traces[unit]

    told = []
    found = correlated(np.array([[0, 1], [1, 2], [0, 3]]), trace, told.append)
    expected = [np.corrcoef(traces[a], traces[b])[0, 1] for a, b in ((0, 1), (1, 2), (0, 3))]
    np.testing.assert_allclose(found, expected)
    assert sorted(read) == [0, 1, 2, 3]
    assert told[-1] == 1


def test_thresholds_and_transitive_groups():
    found = pairs([1, 2, 0.9, 0.9], [2, 3, 0.5, 0.8], [4, 5, 0.99, 0.95], [6, 7, 0.9, 0.1], [8, 9, 0.1, np.nan])
    made = groups(found.above(0.3, 0.5))
    assert [group.units for group in made] == [(4, 5), (1, 2, 3)]
    assert [pair[:2] for pair in made[1].pairs] == [(1, 2), (2, 3)]
    assert groups(found.above(0.999, 0.9)) == ()


def test_what_is_decided_is_no_question_any_more():
    decisions = Decisions.from_labels(np.arange(1, 9))
    decisions = applied(applied(decisions, "merge", [1, 2]), "discard", [3])
    rows = [[1, 2, 1, 1], [3, 4, 1, 1], [5, 6, 1, 1], [7, 8, 1, 1], [2, 7, 1, 1]]
    left = undecided_pairs(pairs(*rows), decisions, [frozenset((6, 5))])
    assert left.units.tolist() == [[7, 8], [2, 7]]


def test_preview_is_the_mean():
    images = [blob(10, 10), blob(12, 10)]
    pixels, values = merged_footprint(from_dense([4, 2], images, (40, 50)), (2, 4))
    image = np.zeros(2000)
    image[pixels] = values
    np.testing.assert_allclose(image.reshape(40, 50), sum(images) / 2, rtol=1e-6)
    merged = merged_trace(np.array([[1.0, np.nan, np.nan], [3, 5, np.nan]]))
    np.testing.assert_allclose(merged, [2, 5, np.nan])


def test_a_thousand_units_take_no_time():
    rng = np.random.default_rng(1)
    at = rng.integers(10, 590, (1000, 2))
    grid = np.stack(np.meshgrid(np.arange(-8, 9), np.arange(-8, 9), indexing="ij"), axis=-1).reshape(-1, 2)
    values = np.exp(-(grid**2).sum(1) / 30).astype(np.float32)
    parts = [(np.asarray((place + grid) @ (608, 1), np.int32), values) for place in at]
    footprints = from_sparse(np.arange(1000), parts, (608, 608))
    began = time.perf_counter()
    units, _ = overlaps(footprints)
    assert time.perf_counter() - began < 2
    assert len(units) > 100
