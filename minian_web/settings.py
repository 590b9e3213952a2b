"""What can be set: by the command line, or by environment variables for `panel serve app/*.py`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PATTERN = r"minian(\.nc|\.zarr)?$"


def _home(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default) / "minian-web"


@dataclass(frozen=True)
class Settings:
    """Settings of one process.

    Attributes
    ----------
    roots
        Folders that are served; a root may itself be a dataset.
    pattern
        Regular expression that the name of a dataset matches (searched, as minian does).
    cache_dir
        Deletable at any time: footprints, statistics, previews.
    state_dir
        Not deletable: logs of read-only datasets, the list of unfinished writes.
    memory
        Bytes that decoded frames may take, shared by all sessions.
    read_only
        True when nothing may be written into the roots.
    """

    roots: tuple[Path, ...] = ()
    pattern: str = PATTERN
    cache_dir: Path = field(default_factory=lambda: _home("XDG_CACHE_HOME", ".cache"))
    state_dir: Path = field(default_factory=lambda: _home("XDG_STATE_HOME", ".local/state"))
    memory: int = 192 * 2**20
    read_only: bool = False


def from_env(env: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `MINIAN_WEB_ROOTS` (paths joined by `:`), `_PATTERN`, `_CACHE_DIR`, `_STATE_DIR`, `_READ_ONLY`."""
    given: dict[str, object] = {}
    if roots := env.get("MINIAN_WEB_ROOTS"):
        given["roots"] = tuple(Path(root) for root in roots.split(os.pathsep))
    if pattern := env.get("MINIAN_WEB_PATTERN"):
        given["pattern"] = pattern
    for name in ("cache_dir", "state_dir"):
        if value := env.get(f"MINIAN_WEB_{name.upper()}"):
            given[name] = Path(value)
    given["read_only"] = env.get("MINIAN_WEB_READ_ONLY", "") not in ("", "0", "false")
    return Settings(**given)  # type: ignore[arg-type]
