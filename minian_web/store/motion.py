"""Estimated motion of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minian_web.errors import DataError
from minian_web.model.keys import Key

if TYPE_CHECKING:
    from minian_web.store.datasets import Dataset

__all__ = ["Motion", "motion_of"]

NAME, SHIFTS = "motion", "shift_dim"
_SHIFT_NAMES = ("height", "width")


@dataclass(frozen=True, eq=False)
class Motion:
    """Shifts that correct the motion.

    Attributes
    ----------
    frames
        Coordinates, `(frame,)`.
    names
        Of the two directions, as stored: height and width.
    values
        `(2, patch, frame)` float32 in pixels; one patch when the correction is rigid.
    """

    frames: np.ndarray
    names: tuple[str, ...]
    values: np.ndarray

    @property
    def rigid(self) -> bool:
        """Whether whole frames were shifted."""
        return self.values.shape[1] == 1


def motion_of(dataset: Dataset, key: Key = ()) -> Motion | None:
    """Motion of a session; None when it is not stored with the dataset.

    Dimensions may be in any order; what is neither frame nor shift_dim tells the patches of a frame apart.

    Raises
    ------
    DataError
        If it has not the dimensions frame and shift_dim (of 2), or cannot be read.
    """
    if not dataset.has(NAME):
        return None
    variable = dataset.container.variable(NAME)
    if not {"frame", SHIFTS} <= set(variable.dims) or variable.sizes[SHIFTS] != len(_SHIFT_NAMES):
        raise DataError(variable.path, "dimensions frame and shift_dim (of 2)", f"{variable.sizes}")
    where = dataset.where(key, NAME)
    patches = tuple(dim for dim in variable.dims if dim not in ("frame", SHIFTS, *where))
    values = variable.select(where, (SHIFTS, *patches, "frame")).astype(np.float32)
    names = variable.coordinate(SHIFTS) if variable.companion(SHIFTS) is not None else np.array(_SHIFT_NAMES)
    return Motion(variable.coordinate("frame"), tuple(map(str, names)), values.reshape(2, -1, values.shape[-1]))
