"""Units that may be one cell: their footprints overlap and their traces go together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from minian_web.model.decisions import Decisions
from minian_web.model.footprints import Footprints
from minian_web.model.metrics import rowwise_correlation

__all__ = ["Group", "Pairs", "correlated", "groups", "merged_footprint", "merged_trace", "overlaps", "undecided_pairs"]

CORE = 0.1  # of a footprint's maximum: what is below counts for no overlap
LEAST = 0.05  # overlap below which nobody would call two units one
_KEPT = 256  # traces that are held while correlations are computed


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of units.

    Attributes
    ----------
    units
        `(p, 2)` int64, the unit stored first comes first.
    overlap
        `(p,)` cosine of the angle between the two footprints, 0..1.
    correlation
        `(p,)` Pearson correlation of the two calcium traces, -1..1; NaN where a trace is missing or constant.
    """

    units: np.ndarray
    overlap: np.ndarray
    correlation: np.ndarray

    def where(self, chosen: np.ndarray) -> Pairs:
        """Pairs at these places (indices or a mask)."""
        return Pairs(self.units[chosen], self.overlap[chosen], self.correlation[chosen])

    def above(self, overlap: float, correlation: float) -> Pairs:
        """Pairs that reach both thresholds."""
        return self.where((self.overlap >= overlap) & (self.correlation >= correlation))


@dataclass(frozen=True)
class Group:
    """Units that may be one cell, likeliest pair first.

    Attributes
    ----------
    units
        Ascending.
    pairs
        First unit, second unit, overlap, correlation of each pair that joins them.
    """

    units: tuple[int, ...]
    pairs: tuple[tuple[int, int, float, float], ...]

    @property
    def score(self) -> float:
        """How likely it is: the product of overlap and correlation of the likeliest pair."""
        return max(overlap * correlation for *_, overlap, correlation in self.pairs)


def weights(footprints: Footprints) -> sparse.csr_array:
    """Footprints as a matrix `(units, pixels)`: each of length 1, what is below a tenth of its maximum left out."""
    owners = np.repeat(np.arange(len(footprints.unit_ids)), footprints.areas)
    core = footprints.values >= CORE * footprints.maxima[owners]
    values, owners = footprints.values[core].astype(np.float64), owners[core]
    length = np.sqrt(np.bincount(owners, values**2, minlength=len(footprints.unit_ids)))
    shape = len(footprints.unit_ids), footprints.shape[0] * footprints.shape[1]
    return sparse.csr_array((values / length[owners], (owners, footprints.pixels[core])), shape=shape)


def overlaps(footprints: Footprints, least: float = LEAST) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of units whose footprints overlap.

    Returns
    -------
    tuple of numpy.ndarray
        `(p, 2)` int64 unit ids and `(p,)` float64 overlaps (cosine), those below `least` left out.
    """
    matrix = weights(footprints)
    product = sparse.triu(matrix @ matrix.T, k=1).tocoo()
    enough = product.data >= least
    pairs = np.stack([footprints.unit_ids[product.row[enough]], footprints.unit_ids[product.col[enough]]], axis=1)
    return pairs, np.minimum(product.data[enough], 1.0)


def correlated(
    pairs: np.ndarray, read: Callable[[int], np.ndarray], tick: Callable[[float], None] = lambda _: None
) -> np.ndarray:
    """Correlation of the traces of each pair.

    Parameters
    ----------
    pairs
        `(p, 2)` unit ids; pairs of the same units should come close to each other, as few traces are held.
    read
        Gives the trace `(T,)` of a unit; NaN frames are left out.
    tick
        Called with the part done, 0..1; may raise to stop.

    Returns
    -------
    numpy.ndarray
        `(p,)` float64.
    """
    kept: OrderedDict[int, np.ndarray] = OrderedDict()

    def trace(unit: int) -> np.ndarray:
        if unit not in kept:
            kept[unit] = read(unit)
        kept.move_to_end(unit)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
        return kept[unit]

    found, often = np.full(len(pairs), np.nan), max(1, len(pairs) // 50)
    for place, (first, second) in enumerate(pairs.tolist()):
        found[place] = rowwise_correlation(trace(first)[None], trace(second)[None])[0]
        if place % often == 0 or place + 1 == len(pairs):
            tick((place + 1) / len(pairs))
    return found


def undecided_pairs(pairs: Pairs, decisions: Decisions, dismissed: Iterable[frozenset[int]] = ()) -> Pairs:
    """Pairs that are still a question: of two cells, none of them discarded, and nobody has said they are two."""
    labels = dict(zip(decisions.unit_ids.tolist(), decisions.labels_array.tolist(), strict=True))
    apart = set(dismissed)

    def open_(first: int, second: int) -> bool:
        a, b = labels.get(first, -1), labels.get(second, -1)
        return a != b and -1 not in (a, b) and frozenset((first, second)) not in apart

    keep = [open_(first, second) for first, second in pairs.units.tolist()]
    return pairs.where(np.array(keep, bool))


def groups(pairs: Pairs) -> tuple[Group, ...]:
    """Units that pairs join, transitively, the likeliest group first."""
    ids, flat = np.unique(pairs.units, return_inverse=True)
    if not ids.size:
        return ()
    first, second = flat.reshape(-1, 2).T
    graph = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(ids.size, ids.size))
    _, component = connected_components(graph, directed=False)
    order = np.argsort(-(pairs.overlap * pairs.correlation), kind="stable")
    joined: dict[int, list[int]] = {}
    for place in order.tolist():
        joined.setdefault(int(component[first[place]]), []).append(place)
    found = (_group(pairs, places) for places in joined.values())
    return tuple(sorted(found, key=lambda group: (-group.score, group.units)))


def _group(pairs: Pairs, places: list[int]) -> Group:
    rows = tuple(
        (*pairs.units[place].tolist(), float(pairs.overlap[place]), float(pairs.correlation[place])) for place in places
    )
    return Group(tuple(sorted({unit for first, second, *_ in rows for unit in (first, second)})), rows)


def merged_footprint(footprints: Footprints, units: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (ascending) and values of the mean of some footprints, as minian merges them."""
    parts = [footprints.of(unit) for unit in units]
    every = np.concatenate([pixels for pixels, _ in parts])
    pixels, place = np.unique(every, return_inverse=True)
    total = np.bincount(place, np.concatenate([values for _, values in parts]), minlength=pixels.size)
    return pixels, (total / len(parts)).astype(np.float32)


def merged_trace(traces: np.ndarray) -> np.ndarray:
    """Mean `(T,)` of the traces `(k, T)` of units that become one; NaN only where all are."""
    known = np.isfinite(traces)
    total = np.where(known, traces, 0).sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0).astype(np.float32)
