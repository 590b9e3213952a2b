"""Read footprints from the dense array A, a few chunks at a time, into sparse ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from minian_web.model.footprints import Footprints, from_sparse, sparse
from minian_web.store.cache import Cache
from minian_web.store.variables import Variable, positions

Tick = Callable[[float], None]
Sparse = tuple[np.ndarray, np.ndarray]

_THREADS = 2
_BATCH_BYTES = 24 * 2**20
_ARRAYS = ("unit_ids", "start", "pixels", "values", "centroids", "boxes")
KIND = "footprints-1"


def read_footprints(variable: Variable, where: Mapping[str, int], tick: Tick | None = None) -> Footprints:
    """Footprints of all units.

    Parameters
    ----------
    variable
        A, with unit_id, height, width and whatever dimensions `where` takes away.
    where
        Position on each metadata dimension of a merged dataset. Units that are NaN all over there are left out: they
        belong to other sessions.
    tick
        Called with the part done, 0..1; may raise to stop the work.

    Raises
    ------
    DataError
        If a chunk cannot be read, naming its file.
    """
    unit_ids = variable.unit_ids()
    parts: list[Sparse | None] = []
    batches = _batches(variable, len(unit_ids))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="footprints") as pool:
        try:
            for done, found in enumerate(pool.map(lambda batch: _sparse(variable, where, batch), batches), 1):
                parts += found
                if tick is not None:
                    tick(done / len(batches))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    here = np.array([part is not None for part in parts], dtype=bool)
    return from_sparse(unit_ids[here], [part for part in parts if part is not None], _shape(variable))


def read_some(variable: Variable, where: Mapping[str, int], unit_ids: np.ndarray) -> Footprints:
    """Footprints of these units only, in the order asked; `BadRequest` naming those that are not there."""
    at = positions(variable.unit_ids(), unit_ids, variable.name)
    parts = [_sparse(variable, where, slice(place, place + 1))[0] for place in at.tolist()]
    return from_sparse(unit_ids, [_NOTHING if part is None else part for part in parts], _shape(variable))


def cached(cache: Cache, key: str, read: Callable[[], Footprints]) -> Footprints:
    """Footprints from the cache, else read and put there."""
    if (known := kept(cache, key)) is not None:
        return known
    footprints = read()
    arrays = {name: getattr(footprints, name) for name in _ARRAYS}
    cache.put(KIND, key, {**arrays, "shape": np.array(footprints.shape), "digest": np.array(footprints.digest)})
    return footprints


def kept(cache: Cache, key: str) -> Footprints | None:
    """Footprints from the cache, None when it does not have them."""
    found = cache.get(KIND, key)
    if found is None or not {*_ARRAYS, "shape", "digest"} <= set(found):
        return None
    height, width = found["shape"].tolist()
    for array in found.values():
        array.flags.writeable = False
    return Footprints(shape=(height, width), digest=str(found["digest"]), **{name: found[name] for name in _ARRAYS})


_NOTHING: Sparse = (np.zeros(0, np.int32), np.zeros(0, np.float32))


def _shape(variable: Variable) -> tuple[int, int]:
    return variable.sizes["height"], variable.sizes["width"]


def _batches(variable: Variable, count: int) -> list[slice]:
    """Whole chunks along unit_id, together some MB; a larger chunk is a batch of its own."""
    chunk = max(variable.chunks[variable.dims.index("unit_id")], 1)
    height, width = _shape(variable)
    fitting = _BATCH_BYTES // max(height * width * variable.dtype.itemsize, 1)
    step = max(fitting // chunk, 1) * chunk
    return [slice(first, min(first + step, count)) for first in range(0, count, step)]


def _sparse(variable: Variable, where: Mapping[str, int], units: slice) -> list[Sparse | None]:
    """Footprints of some units; in a merged dataset None for a unit that does not belong to this session."""
    return [None if where and np.isnan(image).all() else sparse(image) for image in _images(variable, where, units)]


def _images(variable: Variable, where: Mapping[str, int], units: slice) -> Iterator[np.ndarray]:
    order = ("height", "width")
    if variable.chunks[variable.dims.index("unit_id")] > 1:
        yield from variable.select({**where, "unit_id": units}, ("unit_id", *order))
    else:
        for unit in range(units.start, units.stop):
            yield variable.select({**where, "unit_id": unit}, order)
