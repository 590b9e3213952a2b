"""Rows of the table of datasets."""

from __future__ import annotations

from minian_web.store.summaries import Details

COLUMNS = ("Dataset", "Animal", "Session", "Date", "Units", "Frames", "Size", "Reviewed", "Movies")
UNKNOWN = "…"
NONE = "—"


def row_of(name: str, details: Details | None) -> tuple[str, ...]:
    """Give the cells of a dataset's row, in the order of `COLUMNS`; as long as details are None, only the name."""
    if details is None:
        return (name, *[UNKNOWN] * (len(COLUMNS) - 1))
    return (
        name,
        details.animal or NONE,
        details.session or NONE,
        f"{details.modified:%Y-%m-%d}" if details.modified else NONE,
        _number(details.units),
        _number(details.frames),
        f"{details.height} × {details.width}" if details.height and details.width else NONE,
        reviewed(details),
        _number(len(details.movies)),
    )


def reviewed(details: Details) -> str:
    """How far the review of a dataset is, in words that can be searched."""
    if details.problem:
        return "cannot be read"
    if not details.units:
        return NONE
    if not details.undecided:
        return f"done ({details.units})"
    decided = details.units - details.undecided
    if details.reviewed:
        return f"curated ({decided} of {details.units})"
    return f"{decided} of {details.units}" if decided else "not yet"


def _number(value: int) -> str:
    return str(value) if value else NONE
