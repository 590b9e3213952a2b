"""A registration: which sessions, how they were shifted, which cells match, and from what it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minian_web.model.keys import Key
from minian_web.model.registration.alignment import Shift
from minian_web.model.registration.mapping import Matches

Meta = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Member:
    """A session of a registration, and the dataset that holds it.

    Attributes
    ----------
    name
        As the columns of the matches name it.
    dataset
        Id of the dataset; empty when none was found.
    key
        Which session inside of the dataset, `()` for an ordinary one.
    animal
        As stored.
    """

    name: str
    dataset: str = ""
    key: Key = ()
    animal: str = ""


@dataclass(frozen=True)
class Fingerprint:
    """What a session was when it was registered.

    Attributes
    ----------
    footprints
        Digest of its footprints, as `model.footprints` makes it.
    labels
        Digest of its merges and discards; empty when they were not taken into account.
    """

    footprints: str
    labels: str = ""


@dataclass(frozen=True, eq=False)
class Registration:
    """Cells matched across sessions.

    Attributes
    ----------
    members
        Its sessions, in the order of the columns of `matches`.
    shifts
        Height and width by session, in pixels, positive towards larger values.
    matches
        Which cells are the same.
    meta
        Values of the metadata that all its sessions share, as (("animal", "a1"),).
    parameters
        `max_distance`, `reference`, `labels` and the like, as far as they are known.
    fingerprints
        By session; empty where the maker did not note them (minian does not).
    """

    members: tuple[Member, ...]
    shifts: Mapping[str, Shift]
    matches: Matches
    meta: Meta = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fingerprints: Mapping[str, Fingerprint] = field(default_factory=dict)

    def member(self, session: str) -> Member:
        """Member of this name."""
        return next(one for one in self.members if one.name == session)


def changes_since(fingerprints: Mapping[str, Fingerprint], now: Mapping[str, Fingerprint]) -> list[str]:
    """What is no longer as it was when the sessions were registered, one sentence a session."""
    found = []
    for session, then in fingerprints.items():
        current = now.get(session)
        if current is None:
            continue
        if current.footprints != then.footprints:
            found.append(f"{session}: its footprints were rewritten since.")
        elif then.labels and current.labels != then.labels:
            found.append(f"{session}: its merges and discards have changed since.")
    return found
