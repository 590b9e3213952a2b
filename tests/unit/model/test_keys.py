from __future__ import annotations

from minian_web.model import keys

KEY = (("animal", "a1"), ("session", "s2"))


def test_there_and_back():
    assert keys.from_json(keys.to_json(KEY)) == KEY
    assert keys.from_json(keys.to_json(())) == ()


def test_text():
    assert keys.text_of(KEY) == "a1 / s2"
    assert keys.text_of(()) == ""
