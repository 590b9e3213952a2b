from __future__ import annotations

import csv

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minian_web.model.order import groups, nearest_neighbour_walk
from tests.paths import DATA

POINTS = st.lists(st.tuples(*[st.integers(0, 50)] * 2), max_size=30).map(
    lambda rows: np.array(rows, float).reshape(-1, 2)
)


def test_walk_of_minian():
    with (DATA / "reference" / "NNsort.csv").open() as file:
        rows = list(csv.DictReader(file))
    points = np.array([[float(row["height"]), float(row["width"])] for row in rows])
    assert nearest_neighbour_walk(points).tolist() == [int(row["NNord"]) for row in rows]


def test_starts_at_the_smallest_sum_and_goes_to_the_nearest():
    points = np.array([[10, 10], [0, 9], [0, 1], [0, 3]])
    assert nearest_neighbour_walk(points).tolist() == [3, 2, 0, 1]


def test_units_without_a_place_come_last_in_stored_order():
    points = np.array([[np.nan, np.nan], [5, 5], [np.nan, np.nan], [0, 0]])
    assert nearest_neighbour_walk(points).tolist() == [2, 1, 3, 0]


def test_nothing_to_walk_through():
    assert nearest_neighbour_walk(np.zeros((0, 2))).shape == (0,)
    assert nearest_neighbour_walk(np.full((2, 2), np.nan)).tolist() == [0, 1]


@given(POINTS)
def test_each_step_goes_to_a_nearest_unvisited_point(points: np.ndarray):
    place = nearest_neighbour_walk(points)
    assert sorted(place) == list(range(len(points)))
    walk = points[np.argsort(place)]
    for step in range(len(walk) - 1):
        distances = np.hypot(*(walk[step + 1 :] - walk[step]).T)
        assert distances[0] == distances.min()


def test_groups():
    assert groups(np.array([4, 1, 9, 7, 2, 3]), 4) == [(4, 1, 9, 7), (2, 3)]
    assert groups([]) == []
