"""The secret that signs cookies and sessions, kept so that a restart logs nobody out."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from minian_web.errors import BadRequest

VARIABLE = "MINIAN_WEB_COOKIE_SECRET"
SHORTEST = 32


def cookie_secret(state_dir: Path) -> str:
    """Give the secret of `MINIAN_WEB_COOKIE_SECRET`, else of a file in the state directory, written when absent.

    Raises
    ------
    BadRequest
        If the secret given is too short to be one.
    """
    given = os.environ.get(VARIABLE, "") or _from_file(state_dir / "cookie-secret")
    if len(given) < SHORTEST:
        raise BadRequest(f"{VARIABLE}: expected at least {SHORTEST} characters, found {len(given)}")
    return given


def _from_file(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip() or secrets.token_hex(SHORTEST)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        made = secrets.token_hex(SHORTEST)
        file.write(made)
    return made
