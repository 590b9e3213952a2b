"""Search as you type."""

from __future__ import annotations

from pathlib import Path

from minian_web.state.picker import LONGEST_LIST, LONGEST_QUERY, holds, matching, words_of
from minian_web.store.catalog import Entry

NAMES = ("lab/Mouse1/day1/minian", "lab/mouse1/day2/minian", "lab/mouse12/day1/minian", "lab/rat/day1/minian")
ENTRIES = [Entry(name, Path("/data") / name, "dataset", Path("/data/lab")) for name in NAMES]


def found(query):
    return [entry.id for entry in matching(ENTRIES, query)]


def test_every_word_must_occur_in_any_order_and_case():
    assert found("mouse1 DAY1") == ["lab/Mouse1/day1/minian", "lab/mouse12/day1/minian"]
    assert found("day1 rat") == ["lab/rat/day1/minian"]
    assert found("mouse9") == []


def test_nothing_typed_lists_everything_up_to_the_limit():
    assert found("  ") == list(NAMES)
    many = ENTRIES * 40
    assert len(matching(many, "")) == LONGEST_LIST


def test_signs_mean_themselves():
    assert found(".*") == []
    assert holds("a(b", words_of("(b"))


def test_a_huge_query_is_cut():
    assert len("".join(words_of("x" * 10_000))) == LONGEST_QUERY
