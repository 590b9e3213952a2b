import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from minian_web.errors import BadRequest
from minian_web.model.agreement import agreement, cohens_kappa, consensus
from minian_web.model.decisions import Decisions, applied

BLANK = Decisions.from_labels(np.arange(10))


def decided(**kinds):
    after = BLANK
    for kind, units in kinds.items():
        after = applied(after, kind, units)
    return after


ANN = decided(keep=[0, 1, 2], discard=[3, 4], merge=[5, 6])
BOB = decided(keep=[0, 1, 3], discard=[2, 4, 9], merge=[5, 6])


def test_counts_kappa_and_disagreements():
    found = agreement(ANN, BOB)
    assert found.both == 7
    assert found.agreed == (0, 1, 4, 5, 6)
    assert found.disagreed == (2, 3)
    assert found.counts.sum() == 10
    a, b = (one.statuses()[:7] for one in (ANN, BOB))
    assert found.kappa == pytest.approx(cohen_kappa_score(a, b))


def test_merged_with_others_is_a_disagreement():
    assert agreement(ANN, decided(merge=[5, 7])).disagreed == (5,)


def test_kappa_where_chance_explains_all():
    assert math.isnan(cohens_kappa(np.diag([5, 0, 0])))
    assert math.isnan(cohens_kappa(np.zeros((3, 3))))
    assert cohens_kappa(np.diag([5, 2, 1])) == 1
    assert cohens_kappa(np.array([[1, 1], [1, 1]])) == 0


def test_consensus_takes_over_what_both_say():
    base = applied(BLANK, "keep", [8])
    after = consensus(ANN, BOB, base)
    statuses = {unit: after.of(unit).status for unit in range(10)}
    assert statuses == {
        **{0: "kept", 1: "kept", 2: "undecided", 3: "undecided", 4: "discarded"},
        **{5: "merged", 6: "merged", 7: "undecided", 8: "kept", 9: "undecided"},
    }
    assert after.cell(6) == (5, 6)


def test_consensus_tears_no_cell_apart():
    base = applied(BLANK, "merge", [1, 2])
    after = consensus(ANN, BOB, base)
    assert after.cell(1) == (1, 2)
    assert after.of(0).status == "kept"


def test_other_units_cannot_be_compared():
    with pytest.raises(BadRequest):
        agreement(ANN, Decisions.from_labels(np.arange(3)))
