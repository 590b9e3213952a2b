"""Registrations around datasets: find, open, save, and the log of what people changed about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from minian_web.errors import BadRequest, DataError, NotWritable
from minian_web.model.registration.mapping import Matches
from minian_web.model.registration.result import Member, Meta, Registration
from minian_web.shared import Shared
from minian_web.store.cache import Cache
from minian_web.store.catalog import Catalog, Entry
from minian_web.store.files import can_write
from minian_web.store.registration_log import EditLog
from minian_web.store.registration_minian import MAPPINGS, read_minian
from minian_web.store.registration_own import PREFIX, new_name, read_own, write_own
from minian_web.store.registration_sessions import members_of
from minian_web.store.whereabouts import place_name

MINIAN, OWN = "minian", "own"


@dataclass(frozen=True)
class Source:
    """Where a registration is.

    Attributes
    ----------
    name
        As in addresses: `minian`, or the time of ours; with the folder before it when it lies further up.
    kind
        `minian` or `own`.
    path
        The folder of minian's files, or our JSON file.
    folder
        Folder whose datasets it speaks of.
    """

    name: str
    kind: str
    path: Path
    folder: Path


@dataclass(frozen=True)
class Opened:
    """A source that was read: one registration for each metadata, and the log of changes."""

    source: Source
    registrations: dict[Meta, Registration]
    log: EditLog


class Registrations:
    """Of one process; safe for threads.

    Parameters
    ----------
    catalog
        Datasets under the roots.
    state_dir, cache_dir
        Where results for read-only folders, and what was read of pickles, are kept.
    why_not
        Gives why this process may not write into a folder of a root, empty when it may.
    """

    def __init__(
        self, catalog: Catalog, state_dir: Path, cache_dir: Path | None, why_not: Callable[[Path, Path], str]
    ) -> None:
        self._catalog, self._state_dir, self._why_not = catalog, state_dir, why_not
        self._cache = Cache(cache_dir)
        self._logs: Shared[EditLog] = Shared()

    # --- finding ---------------------------------------------------------------------------------------------------

    def sources(self, dataset_id: str) -> list[Source]:
        """Registrations that may speak of a dataset: in the folders above it, up to the root; ours, newest, first."""
        entry = self._catalog.entry(dataset_id)
        folders = [folder for folder in entry.path.parents if folder.is_relative_to(entry.root)]
        return [source for folder in folders for source in self._in(folder, folders[0] if folders else folder)]

    def _in(self, folder: Path, nearest: Path) -> list[Source]:
        before = "" if folder in (nearest, nearest.parent) else f"{folder.name}/"
        own = sorted(
            (path for place in {folder, self.place(folder)} for path in place.glob(f"{PREFIX}*.json")), reverse=True
        )
        found = [Source(before + path.stem.removeprefix(PREFIX), OWN, path, folder) for path in own]
        if (folder / MAPPINGS).is_file():
            found.append(Source(before + MINIAN, MINIAN, folder, folder))
        return found

    def sisters(self, dataset_id: str) -> list[Member]:
        """Sessions of the same animal under the same root (or, without a name, in the same folder); itself included."""
        entry = self._catalog.entry(dataset_id)
        animal = self._catalog.details(entry).animal
        same = [one for one in self._catalog.entries() if one.kind == "dataset" and one.root == entry.root]
        if animal:
            same = [one for one in same if animal in self._catalog.details(one).animal.split(", ")]
        else:
            same = [one for one in same if one.path.parent.parent == entry.path.parent.parent]
        return sorted(members_of(self._catalog, same), key=lambda member: (member.animal, member.name, member.dataset))

    def _below(self, folder: Path) -> list[Entry]:
        return [one for one in self._catalog.entries() if one.kind == "dataset" and one.path.is_relative_to(folder)]

    # --- opening ---------------------------------------------------------------------------------------------------

    def open(self, source: Source) -> Opened:
        """Read a registration and say which datasets hold its sessions.

        Raises
        ------
        DataError
            If it cannot be read, or two datasets claim to be the same session.
        """
        around = members_of(self._catalog, self._below(source.folder))
        if source.kind == MINIAN:
            found = {
                meta: Registration(_members(matches, meta, around, source.path), shifts, matches, meta)
                for meta, (matches, shifts) in read_minian(source.path, self._cache).items()
            }
            _check_shifts(found, source.path)
        else:
            one = read_own(source.path)
            found = {one.meta: replace(one, members=tuple(_found(member, around) for member in one.members))}
        return Opened(source, found, self._log(source, {meta: one.matches for meta, one in found.items()}))

    def _log(self, source: Source, base: dict[Meta, Matches]) -> EditLog:
        path = self.log_path(source)
        fresh = EditLog(path, base, lambda: self.why_not_write(source.folder))
        return self._logs.get(str(path), lambda: fresh, lambda kept: kept.holds(fresh))

    def log_path(self, source: Source) -> Path:
        """Path of the log of changes."""
        name = MINIAN if source.kind == MINIAN else source.path.stem.removeprefix(PREFIX)
        folder = source.path.parent if source.kind == OWN else self.place(source.folder)
        return folder / f"{PREFIX}{name}.edits.jsonl"

    # --- writing ---------------------------------------------------------------------------------------------------

    def place(self, folder: Path) -> Path:
        """Where files of ours about the sessions in a folder go: there, or to this computer when it is read-only."""
        return folder if can_write(folder) else self._state_dir / "registrations" / place_name(folder)

    def why_not_write(self, folder: Path) -> str:
        """Why nothing may be saved about the sessions in this folder; empty when it may."""
        root = next((one for one in self._catalog.roots.values() if folder.is_relative_to(one)), None)
        if root is None:
            return f"{folder} is not served."
        return self._why_not(root, folder)

    def save(self, registration: Registration, by: str) -> Source:
        """Save a registration beside its sessions.

        Raises
        ------
        BadRequest
            If the sessions have no folder in common that is outside of every dataset.
        NotWritable
            If it cannot be saved.
        """
        folder = self.common_folder(registration.members)
        reason = self.why_not_write(folder)
        if reason:
            raise NotWritable(reason)
        place = self.place(folder)
        path = write_own(place, new_name(place), registration, by)
        return Source(path.stem.removeprefix(PREFIX), OWN, path, folder)

    def common_folder(self, members: tuple[Member, ...]) -> Path:
        """Innermost folder that holds all the datasets and is inside of none of them."""
        entries = [self._catalog.entry(member.dataset) for member in members]
        paths = {entry.path for entry in entries}
        above = [folder for folder in entries[0].path.parents if all(path.is_relative_to(folder) for path in paths)]
        inside = [folder for folder in above if folder.is_relative_to(entries[0].root)]
        if not inside:
            raise BadRequest("these sessions have no folder in common that is served")
        return inside[0]


def _members(matches: Matches, meta: Meta, around: list[Member], path: Path) -> tuple[Member, ...]:
    """Datasets of minian's sessions, which it knows by the names stored in them."""
    animal = dict(meta).get("animal")
    members = []
    for session in matches.sessions:
        fitting = [one for one in around if one.name == session and (animal is None or one.animal in ("", animal))]
        if len(fitting) > 1:
            names = ", ".join(one.dataset for one in fitting)
            raise DataError(path, f"one dataset for session {session}", f"{len(fitting)}: {names}")
        members.append(replace(fitting[0], name=session) if fitting else Member(session, animal=animal or ""))
    return tuple(members)


def _found(member: Member, around: list[Member]) -> Member:
    """Where the dataset of a session is now: folders may have been moved since."""
    if any((one.dataset, one.key) == (member.dataset, member.key) for one in around):
        return member
    fitting = [one for one in around if (one.name, one.animal) == (member.name, member.animal)]
    return replace(member, dataset=fitting[0].dataset if len(fitting) == 1 else "")


def _check_shifts(found: dict[Meta, Registration], path: Path) -> None:
    for one in found.values():
        missing = [session for session in one.matches.sessions if session not in one.shifts]
        if missing:
            raise DataError(path, "a shift for every session of the mappings", f"none for {', '.join(missing)}")
