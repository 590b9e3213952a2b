from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from minian_web.errors import BadRequest
from minian_web.model.pipeline.morphology import disk
from minian_web.model.pipeline.preprocess import denoise, noise_figure, remove_background, without_glow

RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 255, (40, 50)).astype(np.uint8)


def test_filters_are_what_they_say() -> None:
    assert np.array_equal(denoise(FRAME, "median", ksize=5), ndimage.median_filter(FRAME, 5, mode="nearest"))
    opened = ndimage.grey_opening(FRAME, footprint=disk(3))[3:-3, 3:-3]
    assert np.array_equal(remove_background(FRAME, "tophat", 3)[6:-6, 6:-6], (FRAME[3:-3, 3:-3] - opened)[3:-3, 3:-3])
    mean = ndimage.uniform_filter(FRAME.astype(float), 7)
    assert remove_background(FRAME, "uniform", 7) == pytest.approx(FRAME - mean, abs=1e-3)


@pytest.mark.parametrize("method", ["median", "gaussian", "bilateral", "anisotropic"])
def test_denoising_takes_noise_and_leaves_the_mean(method: str) -> None:
    noisy = np.clip(RNG.normal(120, 4, (64, 64)), 0, 255).astype(np.uint8)
    clean = denoise(noisy, method)
    assert noise_figure(clean) < 0.75 * noise_figure(noisy)
    assert clean.mean() == pytest.approx(noisy.mean(), abs=1)


def test_diffusion_keeps_edges() -> None:
    edge = np.zeros((20, 20), np.float32)
    edge[:, 10:] = 200
    assert np.abs(denoise(edge, "anisotropic", kappa=10, niter=20) - edge).max() < 1
    assert np.abs(denoise(edge, "anisotropic", kappa=500, niter=20, option=2) - edge).max() > 20


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("median", {"ksize": 4}), ("median", {"ksize": 0}), ("median", {"ksize": 3.5}), ("gaussian", {"ksize": 8}),
        ("gaussian", {"sigmaX": -1}), ("bilateral", {"d": 0}), ("bilateral", {"sigmaColor": 0}),
        ("anisotropic", {"niter": 0}), ("anisotropic", {"gamma": 0.5}), ("anisotropic", {"option": 3}),
        ("anisotropic", {"kappa": -1}), ("wiener", {}),
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(method: str, wrong: dict[str, float]) -> None:
    with pytest.raises(BadRequest):
        denoise(FRAME, method, **wrong)


def test_backgrounds_that_cannot_be_are_refused() -> None:
    for method, wnd in (("tophat", 0), ("uniform", -1), ("ball", 3), ("tophat", 1000)):
        with pytest.raises(BadRequest):
            remove_background(FRAME, method, wnd)
    with pytest.raises(BadRequest, match="3 or 5"):
        denoise(FRAME.astype(np.float32), "median", ksize=7)


def test_glow() -> None:
    assert np.array_equal(without_glow(FRAME, np.full_like(FRAME, 10)), FRAME - np.minimum(FRAME, 10))
    with pytest.raises(BadRequest, match="minimum"):
        without_glow(FRAME, None)
