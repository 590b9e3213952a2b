"""Decisions about the units of one session: which are kept, discarded, or one cell together.

`unit_labels` as minian has it says less than a reviewer decides: equal label = one cell, -1 = discarded; that a unit
was looked at and kept is known here alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.canonical import DISCARDED, canonical

__all__ = ["DISCARDED", "STATUSES", "Decision", "Decisions", "affected", "applied", "canonical", "labelled"]

STATUSES = ("undecided", "kept", "discarded", "merged")


@dataclass(frozen=True)
class Decision:
    """What was decided about one unit: its label and one of `STATUSES`."""

    label: int
    status: str


@dataclass(frozen=True, eq=False)
class Decisions:
    """Decisions about all units of a session; never changed, `applied` makes a new one.

    Attributes
    ----------
    unit_ids
        `(n,)` int64, in stored order.
    labels_array
        `(n,)` int64, canonical.
    reviewed
        `(n,)` bool: somebody decided to keep the unit; False for discarded and merged units.
    """

    unit_ids: np.ndarray
    labels_array: np.ndarray
    reviewed: np.ndarray

    @classmethod
    def from_labels(cls, unit_ids: np.ndarray, labels: np.ndarray | None = None) -> Decisions:
        """Decisions as far as labels alone tell: -1 discarded, groups merged, the rest undecided."""
        ids = np.array(unit_ids, dtype=np.int64)
        if ids.size != np.unique(ids).size:
            raise BadRequest("the unit ids of a session must differ from each other")
        if (ids == DISCARDED).any():
            raise BadRequest(f"{DISCARDED} cannot be the id of a unit: as a label it means discarded")
        names = canonical(ids, ids if labels is None else labels)
        return cls(_frozen(ids), _frozen(names), _frozen(np.zeros(ids.size, dtype=bool)))

    @cached_property
    def _position(self) -> dict[int, int]:
        return {int(unit): position for position, unit in enumerate(self.unit_ids)}

    def _sizes(self) -> np.ndarray:
        """How many units each unit's label has, `(n,)`."""
        _, group, size = np.unique(self.labels_array, return_inverse=True, return_counts=True)
        return size[group]

    def position(self, unit_id: int) -> int:
        """Position of a unit in stored order; `BadRequest` when there is no such unit."""
        try:
            return self._position[unit_id]
        except (KeyError, TypeError):
            raise BadRequest(f"unit {unit_id!r} is not among the {len(self._position)} units of this session") from None

    def of(self, unit_id: int) -> Decision:
        """Decision about one unit."""
        position = self.position(unit_id)
        label = int(self.labels_array[position])
        if label == DISCARDED:
            return Decision(label, "discarded")
        if np.count_nonzero(self.labels_array == label) > 1:
            return Decision(label, "merged")
        return Decision(label, "kept" if self.reviewed[position] else "undecided")

    def labels(self) -> np.ndarray:
        """Labels `(n,)` int64 in stored order, canonical."""
        return self.labels_array.copy()

    def cell(self, unit_id: int) -> tuple[int, ...]:
        """All units of the unit's cell, itself included, ascending; a discarded unit is alone."""
        label = int(self.labels_array[self.position(unit_id)])
        if label == DISCARDED:
            return (unit_id,)
        return tuple(sorted(self.unit_ids[self.labels_array == label].tolist()))

    def statuses(self) -> np.ndarray:
        """Status of each unit in stored order, `(n,)` str."""
        discarded, merged = self.labels_array == DISCARDED, self._sizes() > 1
        return np.select([discarded, merged, self.reviewed], ["discarded", "merged", "kept"], "undecided")

    def counts(self) -> dict[str, int]:
        """Number of units of each status."""
        found = self.statuses()
        return {status: int((found == status).sum()) for status in STATUSES}

    def replaced(self, unit_ids: Iterable[int], decided: Iterable[Decision]) -> Decisions:
        """Decisions with those about some units exchanged as they stand, for replaying what was decided."""
        labels, reviewed = self.labels_array.copy(), self.reviewed.copy()
        for unit, decision in zip(unit_ids, decided, strict=True):
            position = self.position(unit)
            labels[position] = decision.label
            reviewed[position] = decision.status == "kept"
        return self._derived(labels, reviewed)

    def stands(self, unit_id: int, decision: Decision) -> bool:
        """Whether this is the decision about a unit; False for an unknown unit."""
        position = self._position.get(unit_id)
        if position is None:
            return False
        reviewed = bool(self.reviewed[position]) == (decision.status == "kept")
        return reviewed and int(self.labels_array[position]) == decision.label

    def _derived(self, labels: np.ndarray, reviewed: np.ndarray) -> Decisions:
        other = Decisions(self.unit_ids, _frozen(labels), _frozen(reviewed))
        other.__dict__["_position"] = self._position  # the same units: not counted anew for every line of a log
        return other

    def relabelled(self, labels: np.ndarray) -> Decisions:
        """Decisions with new labels; a unit whose cell did not change stays reviewed."""
        fresh = self._derived(canonical(self.unit_ids, labels), self.reviewed.copy())
        alone = (fresh._sizes() == 1) & (fresh.labels_array != DISCARDED)
        return fresh._derived(fresh.labels_array, self.reviewed & alone)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Decisions):
            return NotImplemented
        names = ("unit_ids", "labels_array", "reviewed")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def applied(decisions: Decisions, kind: str, unit_ids: Iterable[int]) -> Decisions:
    """Decisions after an action.

    Parameters
    ----------
    decisions
        What was decided before.
    kind
        `keep`, `discard` and `reset` act on the whole cells of the units; `discard_unit` on the units alone, what
        is left of their cells stays together; `merge` makes one cell of their whole cells, named by the smallest
        id; `unmerge` takes the units out of their cells, what is left stays together. A unit that an unmerge or
        `discard_unit` leaves alone is undecided, and so is one whose discarding is reset.
    unit_ids
        The units named by the reviewer.

    Raises
    ------
    BadRequest
        If the action makes no sense; the text says why.
    """
    if kind not in _ACTIONS:
        raise BadRequest(f"{kind!r} is no action; there are {', '.join(_ACTIONS)}")
    units = _whole_numbers(unit_ids)
    if not units:
        raise BadRequest(f"nothing is selected to {kind.replace('_', ' ')}")
    labels, reviewed = decisions.labels_array.copy(), decisions.reviewed.copy()
    touched = np.array([decisions.position(unit) for unit in affected(decisions, units)], dtype=np.intp)
    named = np.array([decisions.position(unit) for unit in units], dtype=np.intp)
    _ACTIONS[kind](decisions, labels, reviewed, touched, named)
    return decisions._derived(canonical(decisions.unit_ids, labels), reviewed)


def labelled(decisions: Decisions, unit_id: int, label: int) -> Decisions:
    """Decisions after one unit was given a label by hand.

    Parameters
    ----------
    label
        -1 discards the unit alone; its own id makes it a cell of its own; the id of another unit puts it into that
        unit's cell. What is left of the cell that it was in stays together.

    Raises
    ------
    BadRequest
        If there is no such unit, or the other one is discarded.
    """
    if label == DISCARDED:
        return applied(decisions, "discard_unit", [unit_id])
    if label == unit_id:
        status = decisions.of(unit_id).status
        return applied(decisions, {"merged": "unmerge", "discarded": "reset"}.get(status, "reset"), [unit_id])
    target = int(decisions.labels_array[decisions.position(label)])
    if target == DISCARDED:
        raise BadRequest(f"unit {label} is discarded; a unit cannot be put together with it")
    labels = decisions.labels()
    labels[decisions.position(unit_id)] = target
    return decisions.relabelled(labels)


def _whole_numbers(unit_ids: Iterable[int]) -> list[int]:
    try:
        return list(dict.fromkeys(operator.index(unit) for unit in unit_ids))
    except TypeError as error:
        raise BadRequest(f"unit ids are whole numbers: {error}") from None


def affected(decisions: Decisions, unit_ids: Iterable[int]) -> tuple[int, ...]:
    """All units of the cells of these units, ascending: those that an action on them may concern."""
    return tuple(sorted({member for unit in unit_ids for member in decisions.cell(int(unit))}))


_Change = Callable[[Decisions, np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]


def _keep(decisions: Decisions, labels: np.ndarray, reviewed: np.ndarray, touched: np.ndarray, _: np.ndarray) -> None:
    back = touched[labels[touched] == DISCARDED]
    labels[back] = decisions.unit_ids[back]
    alone = [len(decisions.cell(int(unit))) == 1 for unit in decisions.unit_ids[touched]]
    reviewed[touched[alone]] = True


def _discard(_: Decisions, labels: np.ndarray, reviewed: np.ndarray, touched: np.ndarray, __: np.ndarray) -> None:
    labels[touched], reviewed[touched] = DISCARDED, False


def _discard_unit(_: Decisions, labels: np.ndarray, reviewed: np.ndarray, __: np.ndarray, named: np.ndarray) -> None:
    labels[named], reviewed[named] = DISCARDED, False


def _merge(decisions: Decisions, labels: np.ndarray, reviewed: np.ndarray, touched: np.ndarray, _: np.ndarray) -> None:
    cells = {decisions.cell(int(unit)) for unit in decisions.unit_ids[touched]}
    if len(cells) < 2:
        one = len(decisions.cell(int(decisions.unit_ids[touched[0]])))
        raise BadRequest(f"a merge needs two cells; selected is one{f', of {one} units' if one > 1 else ''}")
    labels[touched], reviewed[touched] = decisions.unit_ids[touched].min(), False


def _unmerge(
    decisions: Decisions, labels: np.ndarray, reviewed: np.ndarray, touched: np.ndarray, named: np.ndarray
) -> None:
    single = [int(unit) for unit in decisions.unit_ids[named] if decisions.of(int(unit)).status != "merged"]
    if single:
        raise BadRequest(f"not merged with any other unit: {', '.join(map(str, single))}")
    reviewed[touched] = False
    rest = touched[~np.isin(touched, named)]
    for label in np.unique(labels[rest]):
        members = rest[labels[rest] == label]
        labels[members] = _name(int(label), decisions.unit_ids[members])
    labels[named] = decisions.unit_ids[named]


def _name(label: int, members: np.ndarray) -> int:
    return label if label in members else int(members.min())


def _reset(decisions: Decisions, labels: np.ndarray, reviewed: np.ndarray, touched: np.ndarray, _: np.ndarray) -> None:
    labels[touched], reviewed[touched] = decisions.unit_ids[touched], False


_ACTIONS: dict[str, _Change] = {
    "keep": _keep,
    "discard": _discard,
    "discard_unit": _discard_unit,
    "merge": _merge,
    "unmerge": _unmerge,
    "reset": _reset,
}
