from __future__ import annotations

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.pipeline.autoregression import construct_G, convolve_G
from minian_web.model.pipeline.temporal import deconvolve, group_scales, overlapping, residual_traces, update_temporal
from tests.unit.model.pipeline.reference import arrays


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


@pytest.mark.parametrize(("penal", "least_c", "least_s"), [("0.1", 0.999, 0.999), ("1", 0.99, 0.97), ("2", 0.99, 0.97)])
def test_fits_are_those_of_the_pipeline(penal: str, least_c: float, least_s: float) -> None:
    known = arrays("temporal")
    at = {int(unit): row for row, unit in enumerate(known["units"])}
    for row, unit in enumerate(known[f"units_{penal}"].tolist()):
        fit = update_temporal(known["YrA"][at[unit]], sparse_penal=float(penal))
        assert np.abs(fit.g - known[f"g_{penal}"][row]).max() < 1e-10
        assert correlation(fit.c, known[f"C_{penal}"][row]) > least_c
        assert correlation(fit.s, known[f"S_{penal}"][row]) > least_s


def test_a_unit_that_the_pipeline_dropped_is_empty() -> None:
    known = arrays("temporal")
    dropped = [unit for unit in known["units"].tolist() if unit not in known["units_2"].tolist()]
    assert dropped == [0]
    trace = known["YrA"][known["units"].tolist().index(dropped[0])]
    assert update_temporal(trace, sparse_penal=2).empty
    assert not update_temporal(trace, sparse_penal=0.1).empty


def test_the_solution_cannot_be_bettered() -> None:
    """No feasible change of c lowers the cost, which convexity makes a proof."""
    rng = np.random.default_rng(0)
    g, weight = np.array([0.9]), 0.3
    y = 0.2 + convolve_G((rng.random(150) < 0.05).astype(float), g) + rng.normal(0, 0.05, 150)
    c, s, b, c0 = deconvolve(y, g, weight)
    matrix = construct_G(g, 150)

    def cost(calcium: np.ndarray) -> float:
        return float(np.linalg.norm(y - calcium - b - c0) + weight * (matrix @ calcium).sum())

    assert np.abs(matrix @ c - s).max() < 1e-6
    assert s.min() >= 0
    best = cost(c)
    for _ in range(200):
        other = convolve_G(np.maximum(s + rng.normal(0, 0.02, 150), 0), g)
        assert cost(other) >= best - 1e-6
    assert correlation(c, y) > 0.95


def test_spikes_are_found_where_they_were() -> None:
    s = np.zeros(300)
    s[[40, 120, 200]] = [1, 2, 1.5]
    trace = 5 + 10 * convolve_G(s, np.array([0.92])) + np.random.default_rng(3).normal(0, 0.2, 300)
    fit = update_temporal(trace, sparse_penal=0.1, smooth=False)
    assert set(np.flatnonzero(fit.s > 4)) <= {39, 40, 41, 119, 120, 121, 199, 200, 201}
    assert np.abs(fit.signal - trace).mean() < 0.6
    assert fit.fitted == pytest.approx(trace)


@pytest.mark.parametrize(
    "wrong",
    [{"noise_freq": 0}, {"noise_freq": 0.6}, {"sparse_penal": -1}, {"p": 0}, {"add_lag": -1}, {"sparse_penal": np.nan}],
)
def test_values_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    trace = np.abs(np.random.default_rng(0).normal(5, 1, 200))
    with pytest.raises(BadRequest):
        update_temporal(trace, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("trace", [np.zeros(100), np.full(100, np.nan), np.ones((2, 50)), np.ones(2)])
def test_traces_that_cannot_be_fitted_are_refused(trace: np.ndarray) -> None:
    with pytest.raises(BadRequest):
        update_temporal(trace)


def test_units_that_overlap_share_a_scale() -> None:
    footprints = np.array([[1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1.0]])
    assert overlapping(footprints, 0.4)[0] == overlapping(footprints, 0.4)[1]
    traces = np.array([[1.0, 3.0], [5.0, 7.0], [10.0, 10.0]])
    assert group_scales(traces, footprints, 0.4).tolist() == [4, 4, 10]
    assert group_scales(traces, footprints, 0.5).tolist() == [2, 6, 10]
    with pytest.raises(BadRequest, match="jac_thres"):
        group_scales(traces, footprints, 1.5)


def test_residual_traces_follow_the_formula() -> None:
    rng = np.random.default_rng(0)
    a, c, y, b, f = rng.random((3, 50)), rng.random((3, 9)), 4 * rng.random((9, 50)), rng.random(50), rng.random(9)
    norm = np.diag(1 / (a**2).sum(axis=1))
    expected = np.clip(((y - np.outer(f, b)) @ a.T @ norm - c.T @ a @ a.T @ norm).T + c, 0, None)
    assert residual_traces(y @ a.T, a @ b, f, a @ a.T, c) == pytest.approx(expected)
    with pytest.raises(BadRequest, match="position 1"):
        residual_traces(y @ a.T, a @ b, f, np.diag([1.0, 0, 1]), c)
