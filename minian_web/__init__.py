"""minian-web: look at, curate and compare the results of the miniscope pipeline minian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minian_web.store.masks import load_mask

__all__ = ["__version__", "load_mask"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import `load_mask` when it is first used, so that importing the package stays cheap."""
    if name == "load_mask":
        from minian_web.store.masks import load_mask

        return load_mask
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
