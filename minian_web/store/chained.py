"""Lines of JSON of which each ends in a checksum over itself and all lines before it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from minian_web.errors import DamagedLog

_SUM = re.compile(rb'^(\{.*),"sum":"([0-9a-f]{16})"\}$')


def summed(content: dict[str, Any], chain: str) -> tuple[bytes, str]:
    """Write a JSON object as a line; gives the line with its end, and its checksum for the next one."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))[:-1].encode("utf-8", "backslashreplace")
    total = _sum(chain, text)
    return text + f',"sum":"{total}"}}\n'.encode(), total


def _sum(chain: str, text: bytes) -> str:
    return hashlib.sha256(chain.encode() + text).hexdigest()[:16]


def checked(where: str, text: bytes, chain: str) -> tuple[dict[str, Any], str]:
    """Read a line without its end; gives the object and the checksum.

    Raises
    ------
    DamagedLog
        If it does not agree with its checksum and the lines before it; names `where`.
    """
    match = _SUM.match(text)
    if match is None:
        raise DamagedLog(where, "a JSON object that ends in its checksum", repr(text[:60].decode("utf-8", "replace")))
    total = match[2].decode()
    if total != _sum(chain, match[1]):
        raise DamagedLog(where, "a line that agrees with its checksum and the lines before it", "one that was altered")
    try:
        return json.loads(match[1] + b"}"), total
    except ValueError as error:
        raise DamagedLog(where, "a JSON object", f"{type(error).__name__}: {error}") from error
