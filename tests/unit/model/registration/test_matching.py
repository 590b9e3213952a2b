"""Matching of cells: minian's own result, invariants, and conflicts made up by hand."""

from __future__ import annotations

import time

import h5netcdf
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minian_web.model.registration.alignment import shifts_of, whole, window_of
from minian_web.model.registration.cells import centres_of
from minian_web.model.registration.mapping import NONE
from minian_web.model.registration.matching import (
    Centres,
    close_pairs,
    match,
    mutual_nearest,
    nearest_distances,
    resolved,
)
from minian_web.store.datasets import open_dataset
from tests.paths import DATA

SESSIONS = ("session1", "session2", "session3")
ANIMAL = DATA / "animal1"


@pytest.fixture(scope="module")
def peer():
    with h5netcdf.File(ANIMAL / "shiftds.nc") as file:
        names = [name.decode() for name in file["session"][...]]
        shifts = {name: tuple(row) for name, row in zip(names, file["shifts"][...], strict=True)}
    table = pd.read_csv(ANIMAL / "mappings.csv", header=[0, 1], index_col=0)["session"][list(SESSIONS)]
    rows = {tuple(row) for row in table.fillna(NONE).astype(int).to_numpy().tolist()}
    cents = pd.read_csv(ANIMAL / "cents.csv")
    footprints = {name: open_dataset(ANIMAL / name / "minian").footprints() for name in SESSIONS}
    projections = {name: open_dataset(ANIMAL / name / "minian").max_projection() for name in SESSIONS}
    return shifts, rows, cents, footprints, projections


def centres(footprints, shifts):
    shape = next(iter(footprints.values())).shape
    window = window_of([shape] * len(shifts), [whole(shifts[name]) for name in footprints])
    return {name: centres_of(one, (0, 0), shifts[name], window, shape) for name, one in footprints.items()}


def test_the_same_mapping_as_minian_from_its_shifts(peer):
    shifts, rows, _, footprints, _ = peer
    found = match(centres(footprints, shifts), 5.0)
    assert {tuple(row) for row in found.units.tolist()} == rows
    assert found.counts() == {1: 8, 2: 17, 3: 12}
    assert found.found_in.tolist() == sorted(found.found_in.tolist(), reverse=True)


def test_the_same_mapping_from_our_shifts_which_differ_by_less_than_a_pixel(peer):
    shifts, rows, _, footprints, projections = peer
    ours = shifts_of(projections, "session1")
    for one in SESSIONS:
        for other in SESSIONS:
            difference = np.subtract(shifts[one], shifts[other]) - np.subtract(ours[one], ours[other])
            assert np.abs(difference).max() < 1
    assert ours["session1"] == (0.0, 0.0)
    assert {tuple(row) for row in match(centres(footprints, ours), 5.0).units.tolist()} == rows


def test_centres_are_those_of_minian_but_for_its_known_bias(peer):
    shifts, _, cents, footprints, _ = peer
    for name, found in centres(footprints, shifts).items():
        theirs = cents[cents.session == name].set_index("unit_id").loc[found.unit_ids][["height", "width"]].to_numpy()
        low = found.places * [127 / 128, 159 / 160]
        apart = np.abs(low - theirs).max(axis=1)
        assert (apart < 1e-4).mean() > 0.4  # faint rims of the others are cut by the common window
        assert np.median(apart) < 0.01


def places(*points):
    return Centres(np.arange(len(points)) * 10, np.array(points, float).reshape(-1, 2))


def test_a_pair_at_exactly_the_limit_is_no_match():
    both = {"a": places((0, 0)), "b": places((0, 5))}
    assert match(both, 5.0).counts() == {1: 2, 2: 0}
    assert match(both, 5.001).counts() == {1: 0, 2: 1}


def test_only_mutual_nearest_cells_are_paired():
    found = mutual_nearest(close_pairs(np.array([[0.0, 0], [0, 1.5]]), np.array([[0.0, 1], [9, 9]]), 5))
    assert (found.first.tolist(), found.second.tolist(), found.distance.tolist()) == ([1], [0], [0.5])


def test_a_cell_without_a_centre_is_a_single():
    found = match({"a": places((np.nan, np.nan), (1, 1)), "b": places((1, 1))}, 5)
    assert sorted(found.units.tolist()) == [[0, NONE], [10, 0]]


def test_a_conflict_keeps_the_cell_with_more_pairs_and_frees_the_other():
    # cells: a0, a1 of session 0; b of 1; c of 2; d of 3.  a0 - b, c, d;  a1 - d
    owner = np.array([0, 0, 1, 2, 3])
    groups = resolved(owner, np.array([0, 0, 0, 1, 2]), np.array([2, 3, 4, 4, 3]))
    assert len({groups[at] for at in (0, 2, 3, 4)}) == 1
    assert groups[1] != groups[0]


def test_a_tie_drops_both_cells_of_the_session():
    # a0 - b - c - a1: both cells of session 0 have one pair
    owner = np.array([0, 0, 1, 2])
    groups = resolved(owner, np.array([0, 2, 1]), np.array([2, 3, 3]))
    assert groups[2] == groups[3]
    assert len(set(groups.tolist())) == 3


def test_what_falls_apart_after_a_conflict_is_several_matches():
    # a1 joins b and c only through a0 and a2 of its own session: all tie
    owner = np.array([0, 0, 1, 2])
    groups = resolved(owner, np.array([0, 1]), np.array([2, 3]))
    assert groups[0] == groups[2]
    assert groups[1] == groups[3]
    # b0 - a, a - b1: session 1 twice, tie; a stays alone
    groups = resolved(np.array([0, 1, 1]), np.array([0, 0]), np.array([1, 2]))
    assert len(set(groups.tolist())) == 3


clouds = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12, unique=True), min_size=2, max_size=4
)


@given(clouds, st.floats(0.5, 8))
@settings(max_examples=60, deadline=None)
def test_every_cell_is_in_exactly_one_match_and_no_session_is_twice_in_one(points, limit):
    cells = {f"s{at}": places(*one) for at, one in enumerate(points)}
    found = match(cells, limit)
    for column, one in enumerate(cells.values()):
        given_ = found.units[:, column]
        assert sorted(given_[given_ != NONE].tolist()) == sorted(one.unit_ids.tolist())
    assert (found.found_in >= 1).all()


@given(clouds, st.floats(0.5, 8), st.randoms())
@settings(max_examples=40, deadline=None)
def test_neither_the_order_of_sessions_nor_moving_everything_changes_matches(points, limit, random):
    rng = np.random.default_rng(random.randint(0, 2**31))
    jitter = [[(y + rng.uniform(0, 0.4), x + rng.uniform(0, 0.4)) for y, x in one] for one in points]
    cells = {f"s{at}": places(*one) for at, one in enumerate(jitter)}
    backwards = dict(reversed(cells.items()))
    moved = {name: Centres(one.unit_ids, one.places + np.array([64, -32])) for name, one in backwards.items()}
    assert rows_by_name(match(cells, limit)) == rows_by_name(match(moved, limit))


def rows_by_name(found):
    return {frozenset(zip(found.sessions, row, strict=True)) for row in found.units.tolist()}


def test_distances_of_matched_and_of_lonely_cells():
    cells = {"a": places((0, 0), (0, 20)), "b": places((0, 1), (0, 28))}
    matched, alone = nearest_distances(cells, match(cells, 5), 20)
    assert matched.tolist() == [1.0]
    assert alone.tolist() == [8.0]


def test_ten_sessions_of_a_thousand_cells_are_quick():
    rng = np.random.default_rng(1)
    base = rng.uniform(0, 600, (1000, 2))
    cells = {f"s{n}": Centres(np.arange(1000), base + rng.normal(0, 0.7, base.shape)) for n in range(10)}
    begin = time.perf_counter()
    found = match(cells, 5.0)
    assert time.perf_counter() - begin < 10
    assert found.counts()[10] > 500
