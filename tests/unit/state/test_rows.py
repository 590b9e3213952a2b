"""Rows of the table of datasets."""

from __future__ import annotations

import pytest

from minian_web.state.rows import COLUMNS, reviewed, row_of
from minian_web.store.summaries import Details


def test_a_row_has_every_column_known_or_not():
    assert len(row_of("a", None)) == len(row_of("a", Details())) == len(COLUMNS)
    assert row_of("a", None)[1] == "…"
    assert row_of("a", Details(units=3, undecided=3, height=4, width=5, movies=("varr",)))[4:] == (
        "3",
        "—",
        "4 × 5",
        "not yet",
        "1",
    )


@pytest.mark.parametrize(
    ("details", "text"),
    [
        (Details(units=5, undecided=5), "not yet"),
        (Details(units=5, undecided=2, kept=3), "3 of 5"),
        (Details(units=5, kept=4, discarded=1, reviewed=True), "done (5)"),
        (Details(units=5, undecided=3, merged=2, reviewed=True), "curated (2 of 5)"),
        (Details(problem="broken"), "cannot be read"),
        (Details(), "—"),
    ],
)
def test_reviewed_in_words(details, text):
    assert reviewed(details) == text
