import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.carrying import carried, match
from minian_web.model.decisions import Decisions, applied
from minian_web.model.footprints import from_dense

SHAPE = (40, 60)


def blob(row, column):
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    image = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 12)
    return np.where(image > 0.05, image, 0)


PLACES = {1: (8, 8), 2: (8, 30), 3: (8, 34), 4: (30, 8), 5: (30, 50)}
OLD = from_dense(list(PLACES), [blob(*place) for place in PLACES.values()], SHAPE)
# other numbers and order, a little moved and scaled; 5 is lost and one is new
NEW = from_dense([12, 10, 11, 13, 14], [5 * blob(8, 31), blob(8, 8.5), blob(8, 35), blob(30, 8), blob(20, 20)], SHAPE)


def test_each_unit_finds_its_counterpart():
    found = match(OLD, NEW)
    assert dict(zip(found.old.tolist(), found.new.tolist(), strict=True)) == {1: 10, 2: 12, 3: 11, 4: 13}
    assert ((found.overlap > 0.6) & (found.overlap <= 1)).all()
    assert found.counterpart(2) == 12
    assert found.counterpart(5) is None


def test_the_threshold_and_twins():
    assert match(OLD, NEW, 0.999).old.tolist() == [4]
    twins = from_dense([7, 8], [blob(8, 8), blob(8, 8)], SHAPE)
    assert len(match(OLD, twins).old) == 1
    assert len(match(twins, twins).old) == 2
    with pytest.raises(BadRequest, match="cannot be compared"):
        match(OLD, from_dense([1], [np.ones((3, 3))], (3, 3)))


def test_decisions_go_to_the_same_cells():
    before = Decisions.from_labels(OLD.unit_ids)
    for kind, units in (("keep", [1]), ("merge", [2, 3]), ("discard", [4, 5])):
        before = applied(before, kind, units)
    after = carried(before, match(OLD, NEW), Decisions.from_labels(NEW.unit_ids))
    assert {unit: after.of(unit).status for unit in NEW.unit_ids.tolist()} == {
        10: "kept",
        11: "merged",
        12: "merged",
        13: "discarded",
        14: "undecided",
    }
    assert after.cell(11) == (11, 12)


def test_what_was_decided_anew_stays_and_a_half_found_cell_is_a_question():
    before = applied(Decisions.from_labels(OLD.unit_ids), "merge", [2, 5])
    now = applied(Decisions.from_labels(NEW.unit_ids), "discard", [10])
    after = carried(applied(before, "keep", [1]), match(OLD, NEW), now)
    assert after.of(10).status == "discarded"
    assert after.of(12).status == "undecided"
