"""Match cells across sessions by the distance of their centroids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from minian_web.model.registration.mapping import NONE, Matches


@dataclass(frozen=True, eq=False)
class Centres:
    """Cells of one session after alignment.

    Attributes
    ----------
    unit_ids
        `(n,)` int64.
    places
        `(n, 2)` float64 height and width in pixels; NaN for a cell outside the common window.
    """

    unit_ids: np.ndarray
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of cells of two sessions, by position in `Centres`.

    Attributes
    ----------
    first, second
        `(k,)` int64 positions.
    distance
        `(k,)` float64 pixels.
    """

    first: np.ndarray
    second: np.ndarray
    distance: np.ndarray

    def taken(self, which: np.ndarray) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.first[which], self.second[which], self.distance[which])


def close_pairs(one: np.ndarray, other: np.ndarray, limit: float) -> Pairs:
    """Pairs of places closer than `limit` (by a k-d tree: never the full product).

    Parameters
    ----------
    one, other
        `(n, 2)` and `(m, 2)` places; NaN is near to nothing.
    limit
        Distance in pixels; pairs at exactly this distance are not close.
    """
    here, there = (np.flatnonzero(np.isfinite(places).all(axis=1)) for places in (one, other))
    if not here.size or not there.size or limit <= 0:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    found = cKDTree(one[here]).sparse_distance_matrix(cKDTree(other[there]), limit, output_type="ndarray")
    found = found[found["v"] < limit]
    order = np.lexsort((found["j"], found["i"]))
    found = found[order]
    return Pairs(here[found["i"]], there[found["j"]], found["v"].astype(np.float64))


def mutual_nearest(pairs: Pairs) -> Pairs:
    """Pairs whose two cells are each other's nearest; of equal distances the first cell in stored order counts."""
    best_second = _nearest(pairs.first, pairs.second, pairs.distance)
    best_first = _nearest(pairs.second, pairs.first, pairs.distance)
    return pairs.taken(best_second & best_first)


def _nearest(cell: np.ndarray, partner: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Which pairs are the nearest of their cell, `(k,)` bool."""
    order = np.lexsort((partner, distance, cell))
    first = np.ones(order.size, bool)
    first[1:] = cell[order][1:] != cell[order][:-1]
    nearest = np.zeros(order.size, bool)
    nearest[order[first]] = True
    return nearest


def match(centres: Mapping[str, Centres], limit: float) -> Matches:
    """Match cells across sessions.

    Per pair of sessions the cells closer than `limit` that are each other's nearest are paired; pairs chain into
    groups; where a group holds two cells of one session, only the one with strictly more pairs stays, else none; what
    is left is a match, and every cell without one is a match of its own (minian's method, methods.md).

    Parameters
    ----------
    centres
        Cells by session, in the order that the columns get.
    limit
        Largest distance of two cells in pixels, itself not included.

    Returns
    -------
    Matches
        Those found in most sessions first.
    """
    sessions = list(centres)
    start = np.cumsum([0, *(len(centres[session].unit_ids) for session in sessions)])
    owner = np.repeat(np.arange(len(sessions)), np.diff(start))
    firsts, seconds = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for a, b in combinations(range(len(sessions)), 2):
        found = mutual_nearest(close_pairs(centres[sessions[a]].places, centres[sessions[b]].places, limit))
        firsts.append(found.first + start[a])
        seconds.append(found.second + start[b])
    group = resolved(owner, np.concatenate(firsts), np.concatenate(seconds))
    units = np.full((int(group.max(initial=-1)) + 1, len(sessions)), NONE, np.int64)
    ids = np.concatenate([np.zeros(0, np.int64), *(centres[session].unit_ids for session in sessions)])
    units[group, owner] = ids
    return Matches.numbered(sessions, units)


def resolved(owner: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Groups of cells with at most one cell a session.

    Parameters
    ----------
    owner
        `(n,)` session of each cell.
    first, second
        `(k,)` pairs of cells.

    Returns
    -------
    numpy.ndarray
        `(n,)` group of each cell; a cell that lost its place, or never had a pair, is alone.
    """
    count = len(owner)
    degree = np.bincount(np.concatenate([first, second]), minlength=count)
    groups = _components(count, first, second)
    stays = np.ones(count, bool)
    order = np.lexsort((-degree, owner, groups))
    same = (groups[order][1:] == groups[order][:-1]) & (owner[order][1:] == owner[order][:-1])
    edges = [*np.flatnonzero(np.concatenate([[True], ~same])), count] if count else [0]
    for begin, end in pairwise(edges):
        members = order[begin:end]
        if members.size > 1:
            stays[members] = False
            stays[members[0]] = degree[members[0]] > degree[members[1]]
    holds = stays[first] & stays[second]
    return _components(count, first[holds], second[holds])


def _components(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    return connected_components(graph, directed=False)[1] if count else np.zeros(0, np.int32)


def nearest_distances(centres: Mapping[str, Centres], matches: Matches, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Distances between cells of two sessions, for a histogram.

    Returns
    -------
    tuple of numpy.ndarray
        Distances of the pairs that are one match, and for the cells without a match in the other session the
        distance to the nearest cell there (up to `limit`); all pairs of sessions together, in pixels.
    """
    matched, alone = [np.zeros(0)], [np.zeros(0)]
    sessions: Sequence[str] = [session for session in matches.sessions if session in centres]
    rows = {session: _rows(centres[session], matches, session) for session in sessions}
    for a, b in combinations(sessions, 2):
        pairs = close_pairs(centres[a].places, centres[b].places, limit)
        row_a, row_b = rows[a][pairs.first], rows[b][pairs.second]
        same = (row_a == row_b) & (row_a >= 0)
        matched.append(pairs.distance[same])
        has = np.zeros(len(rows[a]), bool)
        has[pairs.first[same]] = True
        nearest = _nearest(pairs.first, pairs.second, pairs.distance) & ~has[pairs.first]
        alone.append(pairs.distance[nearest])
    return np.concatenate(matched), np.concatenate(alone)


def _rows(centres: Centres, matches: Matches, session: str) -> np.ndarray:
    """Row of each cell among the matches that were not dropped; -1 where there is none."""
    found = (matches.row_of(session, int(unit)) for unit in centres.unit_ids)
    return np.array([-1 if row is None or matches.status[row] == "dropped" else row for row in found], np.int64)
