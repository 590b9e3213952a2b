"""What the page of Cross-Registration says, as escaped HTML; its table; its keys."""

from __future__ import annotations

import numpy as np
import pytest

from minian_web.model.footprints import from_dense
from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.scene import Crop, PairEvidence, Part, quality_of, scene_of
from minian_web.state.registration import MatchEvidence, RegistrationState
from minian_web.state.registration_compute import Distances
from minian_web.view.keys import SHORTCUTS
from minian_web.view.registration import RegistrationView
from minian_web.view.registration_match import match_html
from minian_web.view.registration_overlay import match_text
from minian_web.view.registration_quality import (
    MODES,
    counts_html,
    distances_html,
    history_html,
    overlaps_html,
    pictures_html,
    quality_html,
)
from minian_web.view.registration_table import MatchTable, frame_of

EVIL = "<script>s</script>"


@pytest.fixture
def scene():
    axes = np.arange(20), np.arange(24)
    rng = np.random.default_rng(0)
    images = rng.random((2, 20, 24)).astype(np.float32)
    parts = {
        name: Part(from_dense([4], [images[at]], (20, 24)), *axes, images[at]) for at, name in enumerate([EVIL, "b"])
    }
    return scene_of(parts, {EVIL: (0.0, 0.0), "b": (1.2, -2.0)})


def matches():
    return Matches.numbered((EVIL, "b"), np.array([[12, 3], [4, NONE]]))


def test_names_are_escaped_everywhere(scene):
    said = [pictures_html(scene, EVIL, "b", mode) for mode in MODES]
    said += [quality_html(scene, quality_of(scene)), overlaps_html(matches()), history_html([("t", EVIL, "keep", "1")])]
    blank = np.zeros((5, 5), np.float32)
    traces = {EVIL: np.arange(50.0), "b": None}
    crops = [Crop(EVIL, 4, blank, blank), Crop("b", NONE, blank, blank)]
    said.append(match_html(MatchEvidence(3, "", crops, [PairEvidence(EVIL, "b", 1.0, 0.5, np.nan)], traces)))
    for html in said:
        assert "<script>" not in html
        assert "&lt;script&gt;" in html or "pictures" in html


def test_a_match_says_what_was_found_where():
    blank = np.zeros((5, 5), np.float32)
    text = match_html(MatchEvidence(7, "dropped", [Crop("a", NONE, blank, blank)], [], {"a": None}))
    assert "Match 7" in text
    assert "dropped" in text
    assert "not found" in text
    assert "one session only" in text
    assert "no trace is stored" in text
    assert "Choose a match" in match_html(None)


def test_distances_show_the_threshold():
    text = distances_html(Distances(np.array([0.4, 1.2]), np.array([12.0])), 5.0)
    assert "2 pairs" in text
    assert "1 cells without a match" in text
    assert counts_html({1: 5, 2: 7}, "At 5.0 px:").count("<b>") == 2


def test_the_pointer_names_the_match():
    assert match_text(matches(), "b", 3) == f"match 0: {EVIL} 12"
    assert match_text(matches(), EVIL, 4) == "match 1: this session only"
    assert match_text(matches(), "b", 99) == "not in the registration"


def test_the_table_sorts_as_numbers_and_sends_only_what_changed():
    frame = frame_of(matches(), [1])
    assert frame["mark"].tolist() == ["", "●"]
    assert sorted(frame["s0"]) == ["     4", "    12"]
    assert frame["s1"].tolist() == ["     3", ""]
    chosen = []
    table = MatchTable(chosen.append)
    table.show(matches(), [])
    before = table.widget.value
    table.show(matches(), [0])
    assert table.widget.value is before
    assert table.widget.value["mark"].tolist() == ["●", ""]
    assert table.order() == [0, 1]
    table._clicked(1)
    table._clicked(99)
    assert chosen == [1]
    table.point_at(1)
    assert table.widget.selection == [1]
    table.point_at(77)
    assert table.widget.selection == []


def test_the_page_offers_every_command_of_its_keys():
    offered = set(RegistrationView(RegistrationState(runtime=None)).commands)
    assert {one.command for one in SHORTCUTS if one.page == "cross_registration"} <= offered


def test_a_page_without_sisters_says_what_is_needed():
    state = RegistrationState(runtime=None)
    view = RegistrationView(state)
    state.found = True
    assert view._looks.tab == "Compute"
    assert "Only one session" in view._compute._text.object
    assert not view._compute._start.visible
