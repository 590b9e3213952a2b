"""Sessions inside a dataset: one as a rule, several after a merge, where animal and session are dimensions."""

from __future__ import annotations

import itertools

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.keys import Key
from minian_web.store.containers import Container
from minian_web.store.variables import Variable

A_DIMS = ("unit_id", "height", "width")
_FRAME_SOURCES = ("C", "S", "YrA", "f", "motion")


def place_of(variable: Variable, dim: str, value: str) -> int:
    """Position of a value on a metadata dimension; `BadRequest` when it has none such."""
    values = [str(stored) for stored in variable.coordinate(dim)]
    if value not in values:
        raise BadRequest(f"{variable.name} has no {dim} {value}, only {', '.join(values)}")
    return values.index(value)


def frames_of(container: Container) -> np.ndarray:
    """`(T,)` frame coordinate of the traces, empty when there are none.

    Raises
    ------
    DataError
        If the traces have no frame coordinate.
    """
    for name in _FRAME_SOURCES:
        variable = container.variables.get(name)
        if variable is not None and "frame" in variable.dims:
            return variable.coordinate("frame")
    return np.zeros(0, np.int64)


def keys_of(container: Container, variable: Variable) -> tuple[Key, ...]:
    """Keys of the sessions on the metadata dimensions of A, without combinations that were never recorded."""
    dims = [dim for dim in variable.dims if dim not in A_DIMS]
    names = [[(dim, str(value)) for value in variable.coordinate(dim)] for dim in dims]
    keys = [tuple(key) for key in itertools.product(*names)]
    empty = _empty_keys(container, dims, keys)
    return tuple(key for key in keys if key not in empty) or tuple(keys)


def _empty_keys(container: Container, dims: list[str], keys: list[Key]) -> set[Key]:
    """Combinations that no recording has (animal a1 with a session of a2): their projection is NaN all over."""
    image = container.variables.get("max_proj")
    if not dims or image is None or not set(dims) <= set(image.dims):
        return set()
    places = [{dim: place_of(image, dim, value) for dim, value in key} for key in keys]
    nothing = [np.isnan(image.select(place, ("height", "width"))).all() for place in places]
    return {key for key, missing in zip(keys, nothing, strict=True) if missing}
