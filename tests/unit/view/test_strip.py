"""A strip tells the browser what it holds, and does only what it offers."""

import param
import pytest

from minian_web.view.strip import Strip, button, switch, text


class Options(param.Parameterized):
    wide = param.Boolean(True)


@pytest.fixture
def pressed():
    return []


@pytest.fixture
def options():
    return Options()


@pytest.fixture
def strip(pressed, options):
    made = Strip(
        button("keep", "Keep", lambda: pressed.append("keep"), "Keep (K)", main=True),
        text("place", "Group 1 of 2"),
        switch(options, "wide", "Wide"),
    )
    return made.follow(options, ["wide"])


def items(strip):
    return {item["name"]: item for item in strip.items}


def test_the_browser_is_told_what_there_is_and_no_code(strip):
    assert [item["kind"] for item in strip.items] == ["button", "text", "switch"]
    assert items(strip)["keep"]["title"] == "Keep (K)"
    assert all(item["act"] is None for item in strip.items)


def test_a_press_and_a_turn_do_what_they_say(strip, pressed, options):
    strip._handle_msg({"press": "keep"})
    strip._handle_msg({"turn": "wide", "on": False})
    assert pressed == ["keep"]
    assert options.wide is False
    assert items(strip)["wide"]["on"] is False


def test_a_switch_follows_its_parameter(strip, options):
    options.wide = False
    assert items(strip)["wide"]["on"] is False


def test_a_disabled_button_does_nothing(strip, pressed):
    strip.change("keep", disabled=True)
    strip._handle_msg({"press": "keep"})
    assert pressed == []


def test_a_change_that_changes_nothing_is_not_sent(strip):
    before = strip.items
    strip.change("place", label="Group 1 of 2")
    assert strip.items is before
    strip.change("place", label="Group 2 of 2")
    assert items(strip)["place"]["label"] == "Group 2 of 2"


@pytest.mark.parametrize("message", [None, 5, "keep", {}, {"press": "delete"}, {"press": ["keep"]}, {"press": "place"}])
def test_what_nobody_offers_is_not_done(strip, pressed, message):
    strip._handle_msg(message)
    assert pressed == []
