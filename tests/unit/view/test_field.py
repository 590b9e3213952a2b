"""The map of footprints and the rows of units, without a browser."""

from types import SimpleNamespace

import numpy as np
import pytest

from minian_web.model.decisions import Decisions, applied
from minian_web.model.footprints import from_dense, outlines
from minian_web.model.walk import Walk
from minian_web.view.field import FootprintMap, _adds, _boxed
from minian_web.view.units import UnitList, rows_of

HEIGHTS, WIDTHS = np.arange(10, 50), np.arange(100, 148)
UNITS = (7, 3, 12)


@pytest.fixture(scope="module")
def footprints():
    rows, columns = np.mgrid[:40, :48]
    images = [np.exp(-((rows - 10 * k) ** 2 + (columns - 12 * k) ** 2) / 8) for k in (1, 2, 3)]
    return from_dense(np.array(UNITS), (np.where(image > 0.05, image, 0) for image in images), (40, 48))


@pytest.fixture
def picked():
    return []


@pytest.fixture
def map_(picked, footprints):
    made = FootprintMap(
        HEIGHTS, WIDTHS, pick=lambda *what: picked.append(what), pick_box=lambda *what: picked.append(what)
    )
    made.show_footprints(footprints)
    made.show_outlines({unit: outlines(footprints, [unit]) for unit in UNITS})
    return made


def source(map_, name):
    return map_.figure._renderers[name].data_source.data


def test_outlines_lie_around_the_cells_in_the_axes_coordinates(map_, footprints):
    x, y = source(map_, "undecided")["x"], source(map_, "undecided")["y"]
    assert np.isnan(x).sum() >= len(UNITS)
    assert np.nanmin(x) > 100 + 12 - 8
    assert np.nanmax(y) < 10 + 30 + 8
    row, column = footprints.centroids[0]
    near = np.hypot(x - (100 + column), y - (10 + row)) < 6
    assert near.sum() > 8


def test_only_statuses_that_changed_are_sent(map_):
    decisions = Decisions.from_labels(np.array(UNITS))
    map_.show_decisions(applied(decisions, "discard", [3]))
    discarded = source(map_, "discarded")
    assert np.isfinite(discarded["x"]).any()
    map_.show_decisions(applied(applied(decisions, "discard", [3]), "keep", [7]))
    assert source(map_, "discarded") is discarded
    map_.show_decisions(decisions)
    assert not np.isfinite(source(map_, "discarded")["x"]).any()
    assert not np.isfinite(source(map_, "kept")["x"]).any()


def test_shown_units_are_named_and_a_walk_without_units_clears_them(map_, footprints):
    map_.mark(Walk.through(UNITS), footprints)
    assert source(map_, "names")["text"] == ["7", "3", "12"]
    map_.mark(Walk(), footprints)
    assert source(map_, "names")["text"] == []


def test_boxes_and_modifiers(picked):
    geometry = {"type": "rect", "x0": 1, "x1": 2, "y0": 3, "y1": 4}
    _boxed(SimpleNamespace(geometry=geometry, final=False), lambda *what: picked.append(what))
    assert picked == []
    _boxed(SimpleNamespace(geometry=geometry, final=True), lambda *what: picked.append(what))
    assert picked == [((3, 4), (1, 2))]
    assert _adds(SimpleNamespace(modifiers={"shift": True}))
    assert not _adds(SimpleNamespace(modifiers={"shift": False}))
    assert not _adds(SimpleNamespace(modifiers=None))


def test_rows_say_what_was_decided():
    decisions = applied(Decisions.from_labels(np.array(UNITS)), "merge", [7, 12])
    rows = rows_of(Walk.through(UNITS).toggle(12), decisions)
    assert [row["unit"] for row in rows] == [7, 3, 12]
    assert rows[0]["text"] == "merged with 12"
    assert rows[0]["current"]
    assert rows[2]["marked"]
    assert len({row["color"] for row in rows}) == 3


def test_messages_of_a_browser_are_checked():
    chosen, marked = [], []
    rows = UnitList(choose=chosen.append, mark=marked.append)
    for data in ({"current": 3}, {"mark": 5}, {"current": "3"}, {"mark": None}, ["mark"], None, {"other": 1}):
        rows._handle_msg(data)
    assert (chosen, marked) == ([3], [5])
