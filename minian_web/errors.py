"""What can go wrong, as errors that a person can act on.

Each error names where it happened, what was expected and what came. Those that have a counterpart among Python's own
errors are also one of these, so that `except FileNotFoundError` works as a notebook user expects.
"""

from __future__ import annotations

from pathlib import Path


class MinianWebError(Exception):
    """Root of all errors that minian-web raises on purpose; its text is fit to be shown to a user."""


class DataError(MinianWebError, ValueError):
    """A file is there but does not hold what it should.

    Parameters
    ----------
    path
        The file or folder at fault.
    expected
        What should have been there.
    found
        What was there instead.
    """

    def __init__(self, path: Path | str, expected: str, found: str) -> None:
        super().__init__(f"{path}: expected {expected}, found {found}")
        self.path, self.expected, self.found = Path(path), expected, found


class DamagedLog(DataError):
    """A line of a curation log does not check; nothing is guessed around it."""


class DatasetNotFound(MinianWebError, FileNotFoundError):
    """No dataset, movie or folder has this name."""


class OutsideRoots(MinianWebError, PermissionError):
    """A name leads to a place outside the folders that are served."""


class NotWritable(MinianWebError, PermissionError):
    """Nothing can be written there: no permission, or another process owns the writing."""


class Changed(MinianWebError, RuntimeError):
    """The data on disk are no longer those that were opened."""


class Conflict(MinianWebError, RuntimeError):
    """Somebody else has acted on the same units in the meantime."""


class BadRequest(MinianWebError, ValueError):
    """A value that came from a user or a browser cannot be used; the text says why."""


class Cancelled(MinianWebError):
    """The user cancelled this job."""


class VideoError(MinianWebError, RuntimeError):
    """A video could not be encoded; the text holds what ffmpeg said."""
