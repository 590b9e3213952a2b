"""One table of keys: unambiguous, documented, and every command of it exists."""

from __future__ import annotations

import pytest

from minian_web.view.keys import EVERYWHERE, PAGES, SHORTCUTS, Keys, help_of, label_of, shortcuts_of
from minian_web.view.links import TITLES


@pytest.mark.parametrize("page", PAGES)
def test_a_key_means_one_thing_on_a_page(page):
    keys = [one.key for one in shortcuts_of(page)]
    assert len(keys) == len(set(keys))


def test_the_table_knows_every_page_and_no_other():
    assert set(PAGES) == set(TITLES)
    assert {one.page for one in SHORTCUTS} <= {*PAGES, EVERYWHERE}


@pytest.mark.parametrize("one", SHORTCUTS, ids=lambda one: f"{one.page}-{one.key}")
def test_every_shortcut_is_documented(one):
    assert one.description[0].isupper()
    assert not one.description.endswith(".")
    assert one.command.isidentifier()
    assert one.key == one.key.lower()


def test_decisions_are_not_repeated_by_a_key_held_down():
    deciding = {"keep", "discard", "discard_unit", "merge", "unmerge", "reset", "undo", "redo"}
    assert not [one for one in SHORTCUTS if one.command in deciding and one.repeats]


def test_labels_are_what_a_person_reads():
    assert label_of("ctrl+shift+z") == "Ctrl + Shift + Z"
    assert label_of("arrowright") == "→"
    assert label_of("?") == "?"


def test_the_help_lists_what_works_on_the_page_once():
    lines = help_of("cnmf_review", {"redo", "keep", "help"})
    assert [line["text"] for line in lines] == [
        "Keep the selected cells, then go on",
        "Redo",
        "Show the keys of this page",
    ]
    assert lines[1]["keys"] == ["Ctrl + Shift + Z", "Ctrl + Y"]


def test_a_key_calls_its_command():
    called = []
    keys = Keys("cnmf_review", {"keep": lambda: called.append("keep")})
    assert keys.keys == {"k": False}
    keys._handle_msg({"key": "k"})
    assert called == ["keep"]


@pytest.mark.parametrize("message", [{"key": "q"}, {"key": None}, {}, "k", None, ["k"], {"key": {"a": 1}}])
def test_what_a_browser_should_not_send_does_nothing(message, caplog):
    called = []
    Keys("cnmf_review", {"keep": lambda: called.append("keep")})._handle_msg(message)
    assert called == []
    assert "does not have" in caplog.text


def test_the_review_offers_every_command_of_its_keys():
    from minian_web.state.review import ReviewState
    from minian_web.view.review import ReviewView

    offered = set(ReviewView(state=ReviewState(runtime=None)).commands)
    assert {one.command for one in SHORTCUTS if one.page == "cnmf_review"} <= offered


def test_the_player_offers_every_command_of_its_keys():
    from minian_web.view.player import COMMANDS

    wanted = {one.command for one in SHORTCUTS if one.page == "movie_viewer"} - {"save_mask"}
    assert wanted <= set(COMMANDS)
