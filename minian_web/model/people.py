"""Names of reviewers."""

from __future__ import annotations

import unicodedata

from minian_web.errors import BadRequest

LONGEST_NAME = 80


def reviewer_name(text: str) -> str:
    """Give a reviewer's name as it is written into the log: trimmed, composed, 1 to 80 printable characters.

    Raises
    ------
    BadRequest
        Saying what is wrong with it.
    """
    name = unicodedata.normalize("NFC", text.strip())
    if not name:
        raise BadRequest("a reviewer's name is needed")
    if len(name) > LONGEST_NAME:
        raise BadRequest(f"a reviewer's name has at most {LONGEST_NAME} characters, this has {len(name)}")
    if not name.isprintable():
        raise BadRequest("a reviewer's name has only printable characters")
    return name
