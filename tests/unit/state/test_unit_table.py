import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.decisions import Decisions, applied
from minian_web.state.unit_table import PAGE, UnitTable


def table(count=4):
    ids = np.arange(count)[::-1] * 2
    columns = {
        "unit": ids,
        "status": np.array(["undecided"] * count),
        "note": np.array([""] * count, dtype=object),
        "area": np.where(ids == 0, np.nan, (ids * 7) % 10).astype(float),
    }
    made = UnitTable()
    made.follow(columns, tuple(sorted(ids.tolist())))
    return made


def test_the_order_of_the_walk_comes_first():
    assert table().units == (0, 2, 4, 6)


def test_sorting_turns_and_ends_and_unknown_comes_last():
    made = table()
    made.sort_by("area")
    assert made.units == (4, 2, 6, 0)
    made.sort_by("area")
    assert made.units == (6, 2, 4, 0)
    made.sort_by("area")
    assert made.units == (0, 2, 4, 6)
    made.sort_by("unit")
    assert made.units == (0, 2, 4, 6)
    made.sort_by("unit")
    assert made.units == (6, 4, 2, 0)


def test_a_filter_survives_new_contents_and_a_bad_one_changes_nothing():
    made = table()
    made.filter = "area>3"
    assert made.units == (2, 4)
    made.follow({**made.columns, "area": np.full(4, 9.0)}, (6, 4, 2, 0))
    assert made.units == (6, 4, 2, 0)
    made.filter = "size>3"
    assert made.units == (6, 4, 2, 0)
    assert "no metric size" in made.error
    made.filter = ""
    assert made.error == ""


def test_pages():
    made = table(PAGE + 3)
    assert made.pages == 2
    made.reveal(2 * PAGE)
    assert made.page == 1
    assert len(made.rows()) == 3
    made.filter = "0"
    assert (made.page, made.pages) == (0, 1)
    assert made.columns["unit"][made.rows()].tolist() == [0]


def test_all_listed_undecided_units_at_once():
    made = table()
    made.filter = "area>3"
    decisions = applied(Decisions.from_labels(made.columns["unit"]), "keep", [2])
    after = made.decided(decisions, "discard")
    assert after.of(4).status == "discarded"
    assert after.of(2).status == "kept"
    with pytest.raises(BadRequest, match="none of the listed"):
        made.decided(after, "discard")
    with pytest.raises(BadRequest, match="does not merge"):
        made.decided(decisions, "merge")
