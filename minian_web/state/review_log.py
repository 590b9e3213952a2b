"""What the log tells the page: who did what when, notes, sets of decisions, and decisions about earlier cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minian_web.errors import BadRequest
from minian_web.model.agreement import Agreement, agreement, consensus
from minian_web.model.carrying import LEAST, Match, carried, match
from minian_web.model.decisions import Decisions
from minian_web.store.earlier import Earlier, earlier_decisions
from minian_web.store.history import MAIN
from minian_web.store.recollection import decisions_after, label_sets, notes

if TYPE_CHECKING:
    from minian_web.model.keys import Key
    from minian_web.state.review_data import Opened
    from minian_web.store.lines import Line

__all__ = ["CarryOver", "Entry", "ReviewLog"]

SAID = {
    "keep": "kept",
    "discard": "discarded",
    "discard_unit": "discarded",
    "merge": "merged",
    "unmerge": "unmerged",
    "reset": "made undecided",
    "undo": "undid",
    "redo": "redid",
    "import": "labels found in the arrays",
    "external": "labels edited by another program",
    "rule": "applied a rule",
    "revert": "went back to an earlier point",
    "carry": "carried decisions over",
    "adopt": "adopted a consensus",
    "label": "gave a label",
    "note": "wrote a note",
    "apart": "called different cells",
}
_MOST_NAMED = 8


@dataclass(frozen=True)
class Entry:
    """One line of the history as a person reads it.

    Attributes
    ----------
    id
        Of the line.
    time
        UTC, ISO 8601, to the second.
    """

    id: str
    time: str
    reviewer: str
    label_set: str
    what: str
    units: str
    note: str
    count: int


@dataclass(frozen=True)
class CarryOver:
    """Decisions about earlier cells as they would be carried over.

    Attributes
    ----------
    source
        Where the earlier decisions are.
    found
        Which earlier unit is which unit now.
    after
        Decisions as they would be.
    changes
        Units that would change, by status.
    decided, lost
        How many earlier units had a decision, and how many of those were not found again.
    """

    source: str
    found: Match
    after: Decisions
    changes: dict[str, int]
    decided: int
    lost: int


class ReviewLog:
    """Questions to the log of an opened dataset; nothing here writes."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def _key(self) -> Key:
        return self._opened.key

    def entries(self, *, text: str = "", label_set: str = "") -> list[Entry]:
        """Lines about this session, the newest first; those that hold the text in any column."""
        lines = [line for line in self._opened.curation.history() if not label_set or line.label_set == label_set]
        here = [entry for line in reversed(lines) if (entry := _entry(line, self._key)) is not None]
        wanted = text.strip().lower()
        return [one for one in here if not wanted or wanted in " ".join(map(str, vars(one).values())).lower()]

    def notes(self, label_set: str = MAIN) -> dict[int, str]:
        """Last note about each unit."""
        return notes(self._opened.curation.history(), self._key, label_set)

    def sets(self) -> tuple[str, ...]:
        """Sets of decisions, `main` first."""
        return label_sets(self._opened.curation.history())

    def after(self, line_id: str) -> Decisions:
        """Decisions right after a line; `BadRequest` when there is no such line."""
        return decisions_after(self._opened.curation, line_id, self._key)

    # --- second opinion --------------------------------------------------------------------------------------------

    def compare(self, first: str, second: str) -> Agreement:
        """How far two sets agree."""
        return agreement(*self._two(first, second))

    def consensus(self, first: str, second: str) -> Decisions:
        """Decisions of the set `main` with what two sets agree on."""
        return consensus(*self._two(first, second), self._opened.curation.decisions(self._key))

    def _two(self, first: str, second: str) -> tuple[Decisions, Decisions]:
        if first == second:
            raise BadRequest("choose two different sets to compare")
        curation = self._opened.curation
        return curation.decisions(self._key, first), curation.decisions(self._key, second)

    # --- earlier cells ---------------------------------------------------------------------------------------------

    def earlier(self) -> list[Earlier]:
        """Decisions about cells that the pipeline has rewritten, the latest first; reads files."""
        return earlier_decisions(self._opened.dataset, self._opened.curation.where, self._key)

    def carry_over(self, earlier: Earlier, least: float = LEAST) -> CarryOver:
        """What carrying over would do; compares footprints, for a job.

        Raises
        ------
        BadRequest
            If the earlier footprints are no longer known.
        """
        dataset = self._opened.dataset
        if earlier.footprints is None:
            raise BadRequest(f"{earlier.path.name}: the footprints of that time are no longer in the cache")
        found = match(earlier.footprints, dataset.footprints(self._key), least)
        now = self._opened.saver.shown(self._key)
        after = carried(earlier.decisions, found, now)
        changed = [unit for unit in after.unit_ids.tolist() if after.of(unit) != now.of(unit)]
        statuses = [after.of(unit).status for unit in changed]
        decided = earlier.decisions.unit_ids[earlier.decisions.statuses() != "undecided"].tolist()
        lost = sum(found.counterpart(unit) is None for unit in decided)
        changes = {status: statuses.count(status) for status in ("kept", "merged", "discarded")}
        return CarryOver(earlier.path.name, found, after, changes, len(decided), lost)


def _entry(line: Line, key: Key) -> Entry | None:
    units = [unit for its, unit in line.units if its == key]
    if not units:
        return None
    what = SAID.get(line.kind, line.kind)
    return Entry(line.id, line.time[:19], line.reviewer, line.label_set, what, _named(units), line.note, len(units))


def _named(units: Iterable[int]) -> str:
    ids = sorted(units)
    rest = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(map(str, ids[:_MOST_NAMED])) + rest
