from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.linear_model import LassoLars

from minian_web.errors import BadRequest
from minian_web.model.pipeline.spatial import Problem, dilated, normalised, problem, update_spatial
from tests.unit.model.pipeline.reference import SHAPE, arrays, blocks, images, movie

PENALTIES = (0.005, 0.01, 0.05)


@cache
def posed() -> Problem:
    known = arrays("spatial")
    before = images(known["before_at"], known["before"], len(known["units"]))
    return problem(known["traces"], dilated(before, 10), blocks())


def test_footprints_are_those_of_the_pipeline() -> None:
    known = arrays("spatial")
    found = update_spatial(posed(), known["sn"], PENALTIES)
    for number, penal in enumerate(PENALTIES):
        expected = images(known[f"after_at_{penal}"], known[f"after_{penal}"], len(known["units"]))
        kept, footprints, factors = normalised(found[number], (25, None))
        assert kept.all()
        assert factors.min() > 0
        assert np.array_equal(np.packbits(footprints > 0), known[f"after_at_{penal}"])
        for one, other in zip(footprints, expected, strict=True):
            assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9999


def test_a_pixel_is_what_the_plain_loop_gives() -> None:
    known, one = arrays("spatial"), posed()
    rows, columns = np.divmod(one.pixels[::700], SHAPE[1])
    found = update_spatial(one, known["sn"], [0.02])[0]
    for row, column in zip(rows, columns, strict=True):
        mine = np.flatnonzero(one.candidates[:, row, column])
        loop = LassoLars(alpha=0.02 * known["sn"][row, column], positive=True)
        loop.fit(known["traces"][mine].T, movie()[:, row, column].astype(float))
        assert found[mine, row, column] == pytest.approx(loop.coef_, abs=1e-9)


def test_a_large_penalty_leaves_nothing_and_is_said() -> None:
    found = update_spatial(posed(), arrays("spatial")["sn"], [1e6])[0]
    kept, footprints, _ = normalised(found, (None, None))
    assert not kept.any()
    assert not footprints.any()


def test_progress_can_stop_it() -> None:
    class StopError(Exception):
        pass

    def tick(_part: float) -> None:
        raise StopError

    with pytest.raises(StopError):
        update_spatial(posed(), arrays("spatial")["sn"], [0.01], tick)


@pytest.mark.parametrize("penalties", [[], [-0.1], [np.nan]])
def test_penalties_that_cannot_be_are_refused(penalties: list[float]) -> None:
    with pytest.raises(BadRequest, match="sparse_penal"):
        update_spatial(posed(), arrays("spatial")["sn"], penalties)


def test_sizes() -> None:
    footprints = np.zeros((3, 4, 4))
    footprints[0, 0, 0], footprints[1, :2, :2], footprints[2] = 2, 3, 4
    kept, scaled, factors = normalised(footprints, (1, 16))
    assert kept.tolist() == [False, True, False]
    assert factors.tolist() == [2, 3, 4]
    assert scaled.max(axis=(1, 2)).tolist() == [1, 1, 1]
    assert normalised(footprints, (None, None))[0].all()
    with pytest.raises(BadRequest, match="below"):
        normalised(footprints, (5, 5))


def test_dilation_reaches_its_radius() -> None:
    image = np.zeros((1, 11, 11))
    image[0, 5, 5] = 1
    assert dilated(image, 3)[0].sum() == 29
    assert dilated(image, 0)[0].sum() == 1
    with pytest.raises(BadRequest, match="dl_wnd"):
        dilated(image, -1)
    with pytest.raises(BadRequest, match="no unit"):
        problem(np.zeros((0, 5)), np.zeros((0, 2, 2), bool), [])
