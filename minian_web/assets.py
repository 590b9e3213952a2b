"""Where the pages and the static files of this package lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


APP = _folder("app")
STATIC = _folder("static")


def text(name: str) -> str:
    """Text of a static file; JavaScript is given to the browser inline, never by Panel's `/components/` address."""
    return (STATIC / name).read_text(encoding="utf-8")
