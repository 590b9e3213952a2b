"""What the lines of a log add up to: decisions now, decisions then, and whose action can be taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from minian_web.errors import BadRequest, Conflict
from minian_web.model.decisions import Decision, Decisions
from minian_web.model.keys import Key
from minian_web.store.lines import Line, Unit

MAIN = "main"

State = Mapping[Key, Decisions]


def labels_hash(state: State) -> str:
    """Short hash of all labels of a state, whatever the stored order of the units."""
    digest = hashlib.sha256()
    for key in sorted(state):
        order = np.argsort(state[key].unit_ids)
        digest.update(repr(key).encode())
        digest.update(state[key].unit_ids[order].tobytes() + state[key].labels_array[order].tobytes())
    return digest.hexdigest()[:16]


def line_of(state: State, key: Key, kind: str, units: Iterable[int], after: Decisions, **texts: str) -> Line:
    """Line that says what an action on some units of one session did."""
    named = tuple(units)
    before = tuple(state[key].of(unit) for unit in named)
    result = tuple(after.of(unit) for unit in named)
    labels = labels_hash({**state, key: after})
    return Line(kind, tuple((key, unit) for unit in named), before, result, labels=labels, **texts)


def line_between(before: State, after: State, kind: str, **texts: str) -> Line:
    """Line with every unit whose decision differs between two states."""
    units, old, new = [], [], []
    for key, decided in after.items():
        for unit in decided.unit_ids.tolist():
            if (was := before[key].of(unit)) != (became := decided.of(unit)):
                units.append((key, unit))
                old.append(was)
                new.append(became)
    return Line(kind, tuple(units), tuple(old), tuple(new), labels=labels_hash(after), **texts)


class History:
    """Replay of lines, and the rules of undo and redo.

    Parameters
    ----------
    start
        Decisions before the first line.
    """

    def __init__(self, start: State) -> None:
        self._start: State = dict(start)
        self._blank: State = {key: Decisions.from_labels(one.unit_ids) for key, one in start.items()}
        self._states: dict[str, State] = {MAIN: self._start}
        self.lines: list[Line] = []
        self._by_id: dict[str, Line] = {}
        self._undo: dict[tuple[str, str], list[str]] = {}
        self._redo: dict[tuple[str, str], list[str]] = {}

    def state(self, label_set: str = MAIN) -> State:
        """Decisions of a set now; a set of a reviewer's own starts undecided."""
        return self._states.get(label_set, self._blank)

    def after(self, line: Line) -> State:
        """State of the line's set after this line.

        Raises
        ------
        BadRequest
            If the line speaks of unknown units or does not go on from the state now.
        """
        state = self.state(line.label_set)
        if not self._stands(state, line.units, line.before):
            raise BadRequest(f"the line {line.id} does not go on from the decisions before it")
        result = _changed(state, line.units, line.after)
        if line.labels != labels_hash(result):
            raise BadRequest(f"the labels after the line {line.id} do not add up")
        return result

    def add(self, line: Line) -> None:
        """Take in a line; `BadRequest` when it does not fit."""
        self._states = {**self._states, line.label_set: self.after(line)}
        self.lines.append(line)
        self._by_id[line.id] = line
        self._remember(line)

    def _remember(self, line: Line) -> None:
        mine = (line.reviewer, line.label_set)
        undo, redo = self._undo.setdefault(mine, []), self._redo.setdefault(mine, [])
        if line.kind == "undo":
            undo.remove(line.undoes)
            redo.append(line.id)
        elif line.kind == "redo":
            redo.remove(line.undoes)
            undo.append(line.id)
        elif line.changes and line.kind not in ("import", "external"):
            undo.append(line.id)
            redo.clear()

    def last(self, label_set: str = MAIN) -> str:
        """Id of the last line of a set, empty when there is none."""
        return next((line.id for line in reversed(self.lines) if line.label_set == label_set), "")

    def states_since(self, line_id: str) -> Iterator[State]:
        """States of the set "main", the newest first, back to the one after this line (no id: back to the start)."""
        state = self.state()
        yield state
        for line in reversed(self.lines):
            if line.id == line_id:
                return
            if line.label_set == MAIN:
                state = _changed(state, line.units, line.before)
                yield state

    def undo(self, reviewer: str, label_set: str) -> Line:
        """The reviewer's own last action of the set that was not taken back.

        Raises
        ------
        Conflict
            If there is none, or somebody else has acted on its units since.
        """
        return self._open(self._undo.get((reviewer, label_set)), "undo")

    def redo(self, reviewer: str, label_set: str) -> Line:
        """The reviewer's own last undo of the set; `Conflict` when there is none or its units were acted on since."""
        return self._open(self._redo.get((reviewer, label_set)), "redo")

    def turned(self, kind: str, reviewer: str, label_set: str) -> Line:
        """Line of an undo or a redo; raises as these."""
        line = (self.undo if kind == "undo" else self.redo)(reviewer, label_set)
        result = _changed(self.state(label_set), line.units, line.before)
        return Line(
            kind, line.units, line.after, line.before, reviewer, label_set, undoes=line.id, labels=labels_hash(result)
        )

    def _open(self, candidates: list[str] | None, what: str) -> Line:
        if not candidates:
            raise Conflict(f"there is nothing of yours to {what}")
        line = self._by_id[candidates[-1]]
        self._refuse_if_touched(line)
        if not self._stands(self.state(line.label_set), line.units, line.after):
            raise Conflict(f"the units of that {_named(line)} were changed since")
        return line

    def _refuse_if_touched(self, line: Line) -> None:
        units = set(line.units)
        for later in reversed(self.lines):
            if later is line:
                return
            if later.label_set == line.label_set and self._counts(later, line.reviewer) and units & set(later.units):
                raise Conflict(
                    f"{later.reviewer} has acted on {_units(units & set(later.units))} since ({_named(later)})"
                )

    def _counts(self, line: Line, reviewer: str) -> bool:
        """Whether a line stands as somebody else's: it was not taken back and is no taking back itself."""
        if line.reviewer == reviewer or line.kind == "undo":
            return False
        if line.kind in ("import", "external") or not line.changes:
            return line.changes
        return line.id in self._undo.get((line.reviewer, line.label_set), [])

    @staticmethod
    def _stands(state: State, units: tuple[Unit, ...], decided: tuple[Decision, ...]) -> bool:
        pairs = zip(units, decided, strict=True)
        return all(key in state and state[key].stands(unit, one) for (key, unit), one in pairs)


def _changed(state: State, units: tuple[Unit, ...], decided: tuple[Decision, ...]) -> State:
    result = dict(state)
    for key in dict.fromkeys(key for key, _ in units):
        pairs = [(unit, one) for (its, unit), one in zip(units, decided, strict=True) if its == key]
        result[key] = state[key].replaced([unit for unit, _ in pairs], [one for _, one in pairs])
    return result


def _named(line: Line) -> str:
    return line.kind.replace("_", " ")


def _units(units: set[Unit]) -> str:
    ids = sorted(unit for _, unit in units)
    shown = ", ".join(map(str, ids[:5])) + (" ..." if len(ids) > 5 else "")
    return f"unit {shown}" if len(ids) == 1 else f"units {shown}"
