"""Names of reviewers."""

from __future__ import annotations

import pytest

from minian_web.errors import BadRequest
from minian_web.model.people import LONGEST_NAME, reviewer_name


def test_names_are_trimmed_and_composed():
    assert reviewer_name("  Ann Lee ") == "Ann Lee"
    assert reviewer_name("Rene\N{COMBINING ACUTE ACCENT}") == "René"
    assert reviewer_name("x" * LONGEST_NAME) == "x" * LONGEST_NAME


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "needed"),
        ("   ", "needed"),
        ("x" * 81, "at most 80"),
        ("a\nb", "printable"),
        ("a\0", "printable"),
        ("a\u202eb", "printable"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(text, why):
    with pytest.raises(BadRequest, match=why):
        reviewer_name(text)
