"""Cells after curation."""

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.curated import cells


@pytest.fixture
def units():
    images = np.random.default_rng(0).random((4, 3, 5)).astype(np.float32)
    traces = np.random.default_rng(1).random((4, 8)).astype(np.float32)
    ids = [9, 2, 5, 7]

    def footprint(unit):
        return np.arange(15), images[ids.index(unit)].ravel()

    return ids, footprint, images, traces


def test_every_unit_is_a_cell_without_labels(units):
    ids, footprint, images, traces = units
    found = cells(ids, footprint, traces, (3, 5)).activity(slice(2, 6))
    np.testing.assert_allclose(found, np.einsum("uhw,ut->thw", images, traces[:, 2:6]), rtol=1e-5)


def test_discarded_units_are_left_out_and_merged_ones_are_means(units):
    ids, footprint, images, traces = units
    found = cells(ids, footprint, traces, (3, 5), np.array([2, 2, -1, 7])).activity(slice(0, 8))
    merged = np.einsum("hw,t->thw", images[:2].mean(0), traces[:2].mean(0))
    np.testing.assert_allclose(found, merged + np.einsum("hw,t->thw", images[3], traces[3]), rtol=1e-5)


def test_nothing_left_is_dark(units):
    ids, footprint, _, traces = units
    assert not cells(ids, footprint, traces, (3, 5), np.full(4, -1)).activity(slice(0, 3)).any()
    with pytest.raises(BadRequest, match="4 values"):
        cells(ids, footprint, traces, (3, 5), np.array([1]))
