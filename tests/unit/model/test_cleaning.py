import numpy as np

from minian_web.model.cleaning import cells_of, mean_of
from minian_web.model.decisions import Decisions, applied


def test_discarded_units_go_and_merged_ones_are_one():
    decisions = Decisions.from_labels(np.array([9, 2, 5, 7, 1]))
    for kind, units in (("discard", [2]), ("merge", [9, 5]), ("keep", [1])):
        decisions = applied(decisions, kind, units)
    assert cells_of(decisions).members == {1: (1,), 5: (9, 5), 7: (7,)}
    assert cells_of(decisions).labels == (1, 5, 7)
    assert cells_of(decisions, accepted_only=True).labels == (1, 5)


def test_mean_leaves_out_nan():
    data = {1: np.array([1.0, np.nan, np.nan]), 2: np.array([3.0, 4.0, np.nan])}
    np.testing.assert_allclose(mean_of([1, 2], data.__getitem__), [2, 4, np.nan])
    assert mean_of([2], data.__getitem__) is data[2]
