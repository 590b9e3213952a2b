import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.decisions import Decisions, applied
from minian_web.model.metrics import Metrics
from minian_web.model.rules import Rule

METRICS = Metrics(np.array([5, 1, 9, 3]), {"area": np.array([10.0, 20, np.nan, 5])})
BLANK = Decisions.from_labels(np.array([5, 1, 9, 3]))


def test_only_undecided_units_with_a_known_value():
    assert Rule("area", "<", 15).units(METRICS, BLANK) == (5, 3)
    assert Rule("area", ">", 0).units(METRICS, applied(BLANK, "discard", [1])) == (5, 3)


def test_applied_as_one_change():
    after = Rule("area", "<", 15).applied(METRICS, BLANK)
    assert after.statuses().tolist() == ["discarded", "undecided", "undecided", "discarded"]
    assert Rule("area", ">", 15, "keep").applied(METRICS, BLANK).of(1).status == "kept"
    assert str(Rule("area", "<", 15)) == "discard area < 15"


def test_what_makes_no_sense_is_refused():
    for rule, text in (
        (Rule("snr", "<", 1), "no metric snr"),
        (Rule("area", "=", 1), "no metric area ="),
        (Rule("area", "<", 1, "merge"), "keeps or discards"),
        (Rule("area", "<", 1), "no undecided unit"),
    ):
        with pytest.raises(BadRequest, match=text):
            rule.applied(METRICS, BLANK)
