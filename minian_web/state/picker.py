"""Find datasets by words of their names, as they are typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minian_web.store.catalog import Entry

LONGEST_QUERY = 200
LONGEST_LIST = 60


def words_of(query: str) -> tuple[str, ...]:
    """Words to look for; letter case does not matter, and a query from a browser has no end of its own."""
    return tuple(query[:LONGEST_QUERY].casefold().split())


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether every word occurs in the text, in any order."""
    folded = text.casefold()
    return all(word in folded for word in words)


def matching(entries: Iterable[Entry], query: str, limit: int = LONGEST_LIST) -> list[Entry]:
    """Entries whose id holds every word of the query, in the order of the catalog, at most `limit`."""
    words, found = words_of(query), []
    for entry in entries:
        if holds(entry.id, words):
            found.append(entry)
            if len(found) == limit:
                break
    return found
