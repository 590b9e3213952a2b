"""Metadata keys: which session inside a dataset is meant.

An ordinary dataset has one session, its key is empty (`()`), and animal and session are plain coordinates. After a
multi-session merge they are dimensions, and a key names one place on them: `(("animal", "a1"), ("session", "s2"))`.
"""

from __future__ import annotations

Key = tuple[tuple[str, str], ...]


def text_of(key: Key) -> str:
    """Key as a person reads it: `a1 / s2`; empty for an ordinary dataset."""
    return " / ".join(value for _, value in key)


def to_json(key: Key) -> dict[str, str]:
    """Key as a JSON object, dimension to value."""
    return dict(key)


def from_json(pairs: dict[str, str]) -> Key:
    """Key from a JSON object, in the order that it has."""
    return tuple((str(dim), str(value)) for dim, value in pairs.items())
