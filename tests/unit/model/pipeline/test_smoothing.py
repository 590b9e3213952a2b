from __future__ import annotations

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.pipeline.smoothing import high_pass, low_pass, noise
from tests.unit.model.pipeline.reference import arrays, movie


@pytest.mark.parametrize("freq", ["0.01", "0.06", "0.2"])
def test_filters_are_those_of_the_pipeline(freq: str) -> None:
    known = arrays("reference")
    assert np.abs(low_pass(known["smooth_in"], float(freq)) - known[f"smooth_low_{freq}"]).max() < 1e-10
    assert np.abs(high_pass(known["smooth_in"], float(freq)) - known[f"smooth_high_{freq}"]).max() < 1e-10


def test_noise_of_pixels_is_that_of_the_pipeline() -> None:
    known = arrays("spatial")["sn"][::8, ::8]
    traces = movie()[:, ::8, ::8]
    assert np.abs(noise(np.moveaxis(traces, 0, -1), 0.06, 0.5) - known).max() < 1e-5


def test_noise_of_white_noise_is_near_its_deviation() -> None:
    found = noise(np.random.default_rng(0).normal(0, 3, (20, 4000)), 0.25, 0.5)
    assert found == pytest.approx(3 * np.exp(-np.euler_gamma / 2), rel=0.06)  # a geometric mean is lower


def test_frequencies_that_cannot_be_are_refused() -> None:
    for freq in (0, -0.1, 0.51, float("nan")):
        with pytest.raises(BadRequest, match="noise_freq"):
            low_pass(np.ones(20), freq)
    with pytest.raises(BadRequest, match="no frequencies"):
        noise(np.ones(20), 0.5, 0.5)
