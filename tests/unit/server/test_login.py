"""What the time of an answer could tell about names and passwords."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import pytest

from minian_web.server import login


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"ann": "plain words", "bob": login.hashed("other words")}))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("name", "password", "fits"),
    [
        ("ann", "plain words", True),
        ("ann", "wrong", False),
        ("bob", "other words", True),
        ("bob", "wrong", False),
        ("eve", "wrong", False),
        ("eve", "", False),
    ],
)
def test_every_answer_costs_one_hash(users, monkeypatch, name, password, fits):
    scrypt, calls = hashlib.scrypt, []
    monkeypatch.setattr(hashlib, "scrypt", lambda *given, **how: calls.append(given) or scrypt(*given, **how))
    assert login.Login._validate(SimpleNamespace(path=users), name, password) is fits
    assert len(calls) == 1
