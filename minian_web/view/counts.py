"""How far a review is: counts of the four states, and a bar."""

from __future__ import annotations

from minian_web.model.decisions import STATUSES
from minian_web.view.theme import STATUS_COLOURS

__all__ = ["counts_bar"]


def counts_bar(counts: dict[str, int]) -> str:
    """Counts of the four states, in the colours that outline the units on the map."""
    total = max(sum(counts.values()), 1)
    bar = "".join(
        f'<span style="width:{100 * counts[status] / total:.2f}%;background:{STATUS_COLOURS[status]}"></span>'
        for status in STATUSES[1:]
    )
    dot = '<i style="display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:4px;background:{}"></i>'
    text = "".join(
        f'<span style="white-space:nowrap">{dot.format(STATUS_COLOURS[status])}{counts[status]} {status}</span>'
        for status in STATUSES
    )
    return (
        f'<div class="counts" style="display:flex;flex-wrap:wrap;gap:2px 12px;font-size:12px">{text}</div>'
        '<div style="display:flex;height:4px;margin-top:4px;border-radius:2px;overflow:hidden;background:#8884">'
        f"{bar}</div>"
    )
