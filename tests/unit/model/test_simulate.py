from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from minian_web.model import phantom
from minian_web.model.simulate import Plan, Session, animal, record
from tests import stores


@pytest.fixture(scope="module")
def made():
    return stores.recording(Session("a1", "s1"))


def test_same_seed_same_recording(made):
    again = record(stores.SMALL, Session("a1", "s1"), animal(stores.SMALL))
    for name, array in (made.results | made.movies).items():
        xr.testing.assert_identical(array, (again.results | again.movies)[name])


def test_other_number_other_activity_of_the_same_cells(made):
    other = record(stores.SMALL, Session("a1", "s1"), animal(stores.SMALL), number=5)
    assert not np.array_equal(other.movies["varr"], made.movies["varr"])
    assert set(other.cells) & set(made.cells) - {-1}


def test_shapes_types_and_dims_are_those_of_minian(made):
    plan, units = stores.SMALL, len(made.cells)
    image, movie = (plan.height, plan.width), (plan.frames, plan.height, plan.width)
    expected = {
        "A": ("f8", (units, *image)),
        "b": ("f8", image),
        "f": ("f8", (plan.frames,)),
        "max_proj": ("f4", image),
        "motion": ("f8", (plan.frames, 2)),
        "varr": ("u1", movie),
        "Y_fm_chk": ("f4", movie),
    } | dict.fromkeys(("C", "S", "b0", "c0", "YrA"), ("f8", (units, plan.frames)))
    found = {name: (a.dtype.str[1:], a.shape) for name, a in (made.results | made.movies).items()}
    assert found == expected


def test_unit_ids_have_gaps_and_are_not_sorted(made):
    ids = made.results["A"]["unit_id"].values
    assert len(set(ids.tolist())) == len(ids)
    assert ids.max() >= len(ids)
    assert not np.array_equal(ids, np.sort(ids))


def test_calcium_is_what_spikes_leave(made):
    spikes, calcium = made.results["S"].values, made.results["C"].values
    assert (spikes >= 0).all()
    np.testing.assert_allclose(
        calcium[:, 1:] - stores.SMALL.decay_per_frame * calcium[:, :-1], spikes[:, 1:], atol=1e-9
    )


def test_activity_resembles_the_movie_and_max_proj_bounds_it(made):
    movie = made.movies["Y_fm_chk"].values
    activity = np.tensordot(made.results["C"].values.T, made.results["A"].values, 1)
    inside = made.results["A"].max("unit_id").values > 0.2
    assert np.corrcoef(movie[:, inside].ravel(), activity[:, inside].ravel())[0, 1] > 0.8
    assert (movie <= made.results["max_proj"].values).all()
    assert (movie.max(axis=0) == made.results["max_proj"].values).all()


def test_raw_movie_is_dimmer_in_the_corners(made):
    still = made.movies["varr"].values.mean(axis=0)
    corner, centre = still[:5, :5].mean(), still[17:23, 20:28].mean()
    assert corner < 0.75 * centre


def test_split_cells_are_two_units_that_sum_to_one(made):
    numbers, counts = np.unique(made.cells[made.cells >= 0], return_counts=True)
    assert (counts == 2).sum() == stores.SMALL.split
    first, second = np.flatnonzero(made.cells == numbers[counts == 2][0])
    traces = made.results["C"].values
    assert np.corrcoef(traces[first], traces[second])[0, 1] > 0.95
    footprints = made.results["A"].values > 0
    assert (footprints[first] & footprints[second]).any()


def test_junk_and_missed_units():
    plan = Plan(height=64, width=64, frames=30, cells=12, radius=4, junk=4, split=2, missed=3, seed=3)
    made = record(plan, Session("a", "s"), animal(plan))
    assert (made.cells == -1).sum() == 4
    assert len(set(made.cells.tolist()) - {-1}) == 12 - 3


def test_shifted_session_shows_the_shared_cells_elsewhere():
    plan = Plan(height=80, width=80, frames=20, cells=10, radius=4, split=0, junk=0, missed=0, seed=2)
    cells = animal(plan)
    shift = (5.0, -4.0)
    here, there = record(plan, Session("a", "s1"), cells), record(plan, Session("a", "s2", shift=shift), cells, 1)
    shared = sorted(set(here.cells.tolist()) & set(there.cells.tolist()))
    assert len(shared) >= 6

    def centre(made, cell):
        image = made.results["A"].values[list(made.cells).index(cell)]
        return np.array([(axis * image).sum() / image.sum() for axis in np.mgrid[:80, :80]])

    moved = np.median([centre(there, cell) - centre(here, cell) for cell in shared], axis=0)
    np.testing.assert_allclose(moved, shift, atol=0.3)


def test_cell_partly_or_wholly_out_of_sight_is_drawn():
    cell = animal(stores.SMALL)[0]
    assert cell.image((40, 48)).max() > 0.9
    assert not cell.image((40, 48), (500, 0)).any()
    assert not cell.image((40, 48), (-500, -500)).any()


def test_movement_stays_within_reach():
    path = phantom.movement(500, 3, np.random.default_rng(1))
    assert path.shape == (500, 2)
    assert np.abs(path).max() <= 3
    assert path.std() > 0.3
