"""What can be played."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Playable(Protocol):
    """What can be played: a movie on disk, or an array of a notebook."""

    @property
    def name(self) -> str:
        """Unique in its dataset."""

    @property
    def variable(self) -> str:
        """Short name."""

    @property
    def frames(self) -> np.ndarray:
        """Coordinates of the frames."""

    @property
    def heights(self) -> np.ndarray:
        """Coordinates of the rows."""

    @property
    def widths(self) -> np.ndarray:
        """Coordinates of the columns."""

    @property
    def guard(self) -> str:
        """Changes when the movie does."""

    @property
    def identity(self) -> tuple[str, str]:
        """What tells its frames from those of every other movie."""

    @property
    def n_frames(self) -> int:
        """Number of frames."""

    @property
    def height(self) -> int:
        """Height in pixels."""

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""

    @property
    def chunk(self) -> int:
        """Frames that are stored together."""

    def read(self, part: slice | int) -> np.ndarray:
        """Values of some frames, `(frame, height, width)`, or of one, `(height, width)`; not to be written into."""
