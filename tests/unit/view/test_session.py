"""Who signs decisions, and what still runs after a page was left."""

from __future__ import annotations

from types import SimpleNamespace

import panel as pn
import param
import pytest

from minian_web.view.bar import Bar
from minian_web.view.session import Shell


class Reviewing(param.Parameterized):
    reviewer = param.String("")


def bar(**how):
    return Bar(find=lambda _query: None, refused=lambda: None, **how)


@pytest.fixture
def shell(monkeypatch):
    def make(user=None):
        monkeypatch.setattr(type(pn.state), "user", property(lambda _: user))
        return Shell("cnmf_review", SimpleNamespace())

    return make


def test_who_logged_in_signs_whatever_the_browser_says(shell):
    page, state = shell("ann"), Reviewing()
    heard = []
    state.param.watch(lambda event: heard.append(event.new), "reviewer")
    page.attach(state)
    assert page.bar.fixed
    page.bar.reviewer = "mallory"
    page.bar.param.update(reviewer="mallory", fixed=False)
    page.bar.reviewer = ""
    assert page.bar.reviewer == state.reviewer == "ann"
    assert heard == ["ann"]


@pytest.mark.parametrize("user", [None, "guest"])
def test_without_login_the_browser_says_who_reviews(shell, user):
    page, state = shell(user), Reviewing()
    page.attach(state)
    assert not page.bar.fixed
    page.bar.reviewer = "ann"
    assert state.reviewer == "ann"
    page.bar.reviewer = "x\0y"
    assert state.reviewer == page.bar.reviewer == ""


def test_a_login_beats_a_name_given_to_the_bar():
    assert bar(login="ann", reviewer="mallory").reviewer == "ann"
