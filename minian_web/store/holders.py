"""Who holds a lease: a process, described so that another one can tell whether it still lives."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Holder:
    """Who holds a lease, as the file says."""

    token: str
    host: str
    boot: str
    space: str
    pid: int
    born: str
    user: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} on host {self.host}, pid {self.pid}, {self.command}, since {self.since}"

    def dead(self) -> bool:
        """Whether the process surely is no more: it ran here, on this boot, and its number is free or taken anew."""
        if (self.host, self.boot, self.space) != (socket.gethostname(), _boot(), _space()) or not self.boot:
            return False
        return _born(self.pid) != self.born


def this_process(token: str) -> Holder:
    """Describe the process that asks."""
    pid = os.getpid()
    command = " ".join([Path(sys.argv[0]).name or "python", *sys.argv[1:2]])[:60]
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Holder(token, socket.gethostname(), _boot(), _space(), pid, _born(pid), _user(), command, since)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown user"


def _boot() -> str:
    """Name of this boot of the system; empty where the system has none, then nobody is declared dead."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _space() -> str:
    """Process numbers of another container say nothing here."""
    with contextlib.suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def _born(pid: int) -> str:
    """Start of a process in ticks since the boot; empty when there is no such process (or only its remains)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def read_holder(path: Path) -> Holder | None:
    """Who holds a lease; None when the file is not there or says nothing sensible."""
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
