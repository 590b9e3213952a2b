"""What a page of movies knows of a dataset before anything is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minian_web.store.pairing import Pairing


@dataclass(frozen=True, eq=False)
class About:
    """What is known of a dataset before anything of it is shown.

    Attributes
    ----------
    movies
        Pairings of movies with the dataset.
    frame_rate, pixel_size
        Frames a second, micrometres a pixel; None when nobody has said.
    cells
        True when there are cells to review.
    read_only
        Why nothing may be written; empty when it may.
    """

    movies: list[Pairing]
    frame_rate: float | None = None
    pixel_size: float | None = None
    cells: bool = False
    read_only: str = ""
