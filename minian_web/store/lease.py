"""One process owns the writing of a root: whoever holds its lease, a small file that its holder renews.

A lease is stale when it was not renewed for half a minute by the clock of the file system that it lies on, so that
clocks of several computers need not agree; or at once when its holder ran on this computer and is dead.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import threading
from dataclasses import asdict
from pathlib import Path

from minian_web.errors import NotWritable
from minian_web.store import files
from minian_web.store.appends import lock
from minian_web.store.holders import Holder, read_holder, this_process
from minian_web.store.whereabouts import place_name

NAME = ".minian-web.lease"
STALE = 30.0  # seconds without renewal
RENEW = 5.0


class Lease:
    """The right to write below one root.

    Parameters
    ----------
    root
        A folder of datasets or a dataset itself; beside it lies the lease of a single zarr group or netCDF file.
    state_dir
        Where the lease lies when the root is read-only.

    Attributes
    ----------
    path
        The lease file.
    """

    def __init__(self, root: Path, state_dir: Path, *, stale: float = STALE, renew: float = RENEW) -> None:
        self.root, self._state_dir, self._stale, self._renew = Path(root), state_dir, stale, renew
        self._token = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._held = False
        self.path = self._where()

    def _where(self) -> Path:
        root = self.root.resolve()
        single = root.is_file() or any((root / name).is_file() for name in (".zgroup", "zarr.json"))
        folder = root.parent if single else root
        if not files.can_write(folder):
            return self._state_dir / "leases" / f"{place_name(root)}.lease"
        return folder / (f".{root.name}{NAME}" if single else NAME)

    @property
    def held(self) -> bool:
        """Whether this object holds the lease: nobody took it over while this computer was asleep."""
        return self._held and self._mine()

    def acquire(self) -> bool:
        """Take the lease when nobody has it; True when it is held.

        Raises
        ------
        NotWritable
            If the lease file cannot be written.
        """
        with self._lock:
            if self.held:
                return True
            self._held = self._above() is None and self._take()
            if self._held and self._thread is None:
                self._ended.clear()
                self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
                self._thread.start()
                atexit.register(self.release)
            return self._held

    def _take(self) -> bool:
        files.make_folder(self.path.parent)
        with files.writing(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                lock(descriptor)
                if not self._free(descriptor):
                    return False
                data = json.dumps(asdict(this_process(self._token))).encode()
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, data, 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return True

    def _free(self, descriptor: int) -> bool:
        """Whether the file that was locked still is the lease, and nobody alive holds it."""
        state = os.fstat(descriptor)
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino == state.st_ino:
                return state.st_size == 0 or self._given_up(self.path)
        return False

    def _given_up(self, path: Path) -> bool:
        holder = read_holder(path)
        return (holder is not None and holder.dead()) or not self._fresh(path)

    def _fresh(self, path: Path) -> bool:
        """Whether a lease was renewed lately, by the clock of its file system."""
        probe = path.with_name(f".minian-web-{self._token}.tmp")
        try:
            probe.touch()
            now = probe.stat().st_mtime
            probe.unlink()
            return now - path.stat().st_mtime < self._stale
        except FileNotFoundError:
            return False
        except OSError:  # read-only here: without its clock a lease counts as held
            return True

    def refusal(self, folder: Path) -> str:
        """Take the lease to write to a folder below the root; why nothing may be written there, empty when it may."""
        try:
            if not self.acquire():
                return f"Another process writes here: {self.holder() or 'it has just begun'}."
        except NotWritable as error:
            return f"The right to write cannot be claimed: {error}"
        inside = self.other_inside(folder)
        return f"Another process writes here: {inside}." if inside else ""

    def other_inside(self, folder: Path) -> str:
        """Who else holds a lease between a folder below the root and the root, for a person; empty when nobody does."""
        root, inside = self.root.resolve(), folder.resolve()
        for place in (inside, *inside.parents):
            path = place / NAME
            if path != self.path and path.is_file() and not self._given_up(path):
                return str(read_holder(path) or f"somebody whose lease {path} cannot be read")
            if place == root:
                break
        return ""

    def _above(self) -> Holder | None:
        """Holder of the lease of a root that this one lies in."""
        for folder in self.root.resolve().parents:
            path = folder / NAME
            if path != self.path and path.is_file() and not self._given_up(path):
                return read_holder(path)
        return None

    def holder(self) -> str:
        """Who holds the lease, for a person; empty when nobody does."""
        with contextlib.suppress(OSError):
            above = self._above()
            if above is not None:
                return str(above)
            if self.path.is_file() and self.path.stat().st_size and not self._given_up(self.path):
                return str(read_holder(self.path) or "somebody whose lease cannot be read")
        return ""

    def _keep(self) -> None:
        while not self._ended.wait(self._renew):
            with self._lock:
                if not self._mine():
                    self._held = False
                    self._thread = None
                    return
                with contextlib.suppress(OSError):  # the next renewal may succeed; until then the lease grows stale
                    os.utime(self.path)

    def _mine(self) -> bool:
        holder = read_holder(self.path)
        return holder is not None and holder.token == self._token

    def release(self) -> None:
        """Give the lease back; does nothing when it is not held."""
        self._ended.set()
        with self._lock:
            if self._held and self._mine():
                with contextlib.suppress(NotWritable):  # it grows stale by itself
                    files.unlink_file(self.path)
            self._held = False
            self._thread = None
        atexit.unregister(self.release)

    def __enter__(self) -> Lease:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
