from __future__ import annotations

import time

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.pipeline.autoregression import (
    ar_coefficients,
    check_order,
    construct_G,
    construct_pulse_response,
    convolve_G,
    decay_root,
)
from tests.unit.model.pipeline.reference import arrays


@pytest.mark.parametrize("case", range(4))
def test_matrix_convolution_and_pulse_are_those_of_the_pipeline(case: int) -> None:
    known = arrays("reference")
    g = known[f"G{case}_g"]
    assert np.abs(construct_G(g, 50) - known[f"G{case}_T50"]).max() < 1e-8
    assert np.abs(convolve_G(known[f"conv{case}_s"], g) - known[f"conv{case}_c"]).max() < 1e-8
    s, c = construct_pulse_response(g)
    assert np.array_equal(s, known[f"pulse{case}_s"])
    assert np.abs(c - known[f"pulse{case}_c"]).max() < 1e-8


def test_the_matrix_undoes_the_convolution() -> None:
    g, s = np.array([1.2, -0.3]), np.random.default_rng(0).random(80)
    assert construct_G(g, 80) @ convolve_G(s, g) == pytest.approx(s)


def test_long_traces_need_no_matrix() -> None:
    begin = time.perf_counter()
    convolve_G(np.ones(100_000), np.array([0.9]))
    assert time.perf_counter() - begin < 0.1
    with pytest.raises(BadRequest, match="convolve_G"):
        construct_G(np.array([0.9]), 100_000)


def test_a_pulse_of_any_length() -> None:
    s, c = construct_pulse_response(np.array([0.5]), 1)
    assert s.tolist() == c.tolist() == [1.0]
    assert construct_pulse_response(np.array([0.5]), 0)[0].shape == (0,)
    assert construct_G(np.array([0.5, 0.2, 0.1]), 2).tolist() == [[1, 0], [-0.5, 1]]


def test_coefficients_of_a_known_process() -> None:
    s = (np.random.default_rng(1).random(20_000) < 0.02).astype(float)
    g = ar_coefficients(convolve_G(s, np.array([1.5, -0.56])), 0.0, 2, 20)
    assert g == pytest.approx([1.5, -0.56], abs=0.03)
    assert decay_root(np.array([1.5, -0.56])) == pytest.approx(0.8)


@pytest.mark.parametrize(("p", "lag"), [(0, 20), (-1, 20), (1.5, 20), (1, -1), (1, "q"), (1, 0.5), (1, 100)])
def test_orders_that_cannot_be_are_refused(p: int, lag: int | str) -> None:
    with pytest.raises(BadRequest):
        check_order(p, lag, 60)


def test_lags() -> None:
    assert check_order(2, "p", 60) == 4
    assert check_order(2, 20, 60) == 22
    with pytest.raises(BadRequest, match="finite"):
        convolve_G(np.ones(3), np.array([np.nan]))
