"""Compare labels found in the arrays with those that we wrote: the last ones, a cut short write, or somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minian_web.model.decisions import Decisions, canonical
from minian_web.model.keys import Key
from minian_web.store.found import Seen

Version = dict[Key, dict[int, int]]


@dataclass(frozen=True)
class Verdict:
    """What the arrays hold.

    Attributes
    ----------
    behind
        Some array does not have the last labels, or does not show them everywhere.
    foreign
        Distinct labels that we never wrote, each with the names of the arrays that hold it.
    """

    behind: bool
    foreign: tuple[tuple[Version, tuple[str, ...]], ...]


def version_of(seen: Seen, units: Mapping[Key, np.ndarray]) -> Version:
    """Canonical labels that an array shows for the units of each session."""
    labels = seen.labels or {}
    return {key: _canonical(seen.unit_ids, labels[key], units[key]) for key in units if key in labels}


def _canonical(unit_ids: np.ndarray, labels: np.ndarray, wanted: np.ndarray) -> dict[int, int]:
    common = np.isin(unit_ids, wanted)
    names = canonical(unit_ids[common], labels[common])
    return dict(zip(unit_ids[common].tolist(), names.tolist(), strict=True))


def says(version: Version, state: Mapping[Key, Decisions]) -> bool:
    """Whether an array says the same as these decisions, for the units that it has."""
    return all(
        labels == _canonical(state[key].unit_ids, state[key].labels_array, _ids(labels))
        for key, labels in version.items()
    )


def _ids(labels: Mapping[int, int]) -> np.ndarray:
    return np.fromiter(labels, dtype=np.int64, count=len(labels))


def distinct(seen: Iterable[Seen], units: Mapping[Key, np.ndarray]) -> list[tuple[Version, tuple[str, ...]]]:
    """Distinct labels among the arrays that have any, each with the names of those arrays."""
    found: list[tuple[Version, tuple[str, ...]]] = []
    for one in seen:
        if one.labels is None:
            continue
        version = version_of(one, units)
        for position, (known, names) in enumerate(found):
            if known == version:
                found[position] = (known, (*names, one.name))
                break
        else:
            found.append((version, (one.name,)))
    return found


def judge(seen: Sequence[Seen], known: Iterable[Mapping[Key, Decisions]]) -> Verdict:
    """Sort what the arrays hold.

    Parameters
    ----------
    seen
        What was found in each array.
    known
        States that we may have written, the last one first; read no further than needed.
    """
    states = iter(known)
    last = next(states)
    units = {key: decided.unit_ids for key, decided in last.items()}
    versions = distinct(seen, units)
    other = [(version, names) for version, names in versions if not says(version, last)]
    behind = bool(other) or any(one.labels is None or not one.whole for one in seen)
    for state in states:
        if not other:
            break
        other = [(version, names) for version, names in other if not says(version, state)]
    return Verdict(behind, tuple(other))


def decided(version: Version, units: Mapping[Key, np.ndarray]) -> dict[Key, Decisions]:
    """Decisions as far as labels alone tell; a unit that the array does not have is undecided."""
    return {
        key: Decisions.from_labels(ids, np.array([version.get(key, {}).get(unit, unit) for unit in ids.tolist()], int))
        for key, ids in units.items()
    }


def edited(current: Mapping[Key, Decisions], written: Mapping[Key, Decisions], found: Version) -> dict[Key, Decisions]:
    """Decisions now, with what somebody else changed in the labels that we had written.

    Only units whose label differs between what was written and what was found take the found one, so that actions
    that are in the log but not yet in the arrays stay.
    """
    return {key: _edited(one, written[key], found.get(key, {})) for key, one in current.items()}


def _edited(current: Decisions, written: Decisions, found: Mapping[int, int]) -> Decisions:
    labels = current.labels()
    for position, (unit, was) in enumerate(zip(written.unit_ids.tolist(), written.labels_array.tolist(), strict=True)):
        if found.get(unit, was) != was:
            labels[position] = found[unit]
    return current.relabelled(labels)
