"""What the pipeline itself computed; see `tests/make_pipeline_data.py`."""

from __future__ import annotations

from functools import cache

import numpy as np
import zarr

from tests.paths import ANIMAL1, DATA

FOLDER = DATA / "pipeline"
SHAPE = (128, 160)


@cache
def arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.npz") as found:
        return {key: found[key] for key in found.files}


@cache
def movie() -> np.ndarray:
    """`Y_fm_chk` of session1, `(frame, height, width)` float32."""
    array = zarr.open_array(ANIMAL1 / "session1/minian_intermediate/Y_fm_chk.zarr/Y_fm_chk", mode="r", zarr_format=2)
    return np.asarray(array[...])


def blocks(step: int = 150) -> list[tuple[slice, np.ndarray]]:
    return [(slice(at, at + step), movie()[at : at + step]) for at in range(0, len(movie()), step)]


def images(bits: np.ndarray, values: np.ndarray, units: int) -> np.ndarray:
    full = np.zeros(units * SHAPE[0] * SHAPE[1])
    full[np.unpackbits(bits)[: full.size].astype(bool)] = values
    return full.reshape(units, *SHAPE)
