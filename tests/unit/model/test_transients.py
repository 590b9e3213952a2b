import numpy as np
import pytest

from minian_web.model.transients import highest, noise_levels, onsets, transients


def test_noise_of_white_noise_is_its_deviation():
    rng = np.random.default_rng(1)
    found = noise_levels(rng.normal(0, [[0.5], [2.0]], (2, 20_000)))
    # the mean log of an exponential variable is -0.577 below the log of its mean
    np.testing.assert_allclose(found / np.exp(-0.5772 / 2), [0.5, 2.0], rtol=0.03)


def test_noise_does_not_see_slow_calcium():
    t = np.arange(2000.0)
    slow = 50 * np.exp(-((t - 1000) ** 2) / (2 * 100**2))
    white = np.random.default_rng(2).normal(0, 1, t.size)
    np.testing.assert_allclose(noise_levels((slow + white)[None]), noise_levels(white[None]), rtol=0.02)


def test_missing_frames_are_left_out():
    white = np.random.default_rng(3).normal(0, 1, (2, 500))
    holed = np.concatenate([white, np.full((2, 100), np.nan)], axis=1)
    np.testing.assert_allclose(noise_levels(holed), noise_levels(white))
    assert np.isnan(noise_levels(np.full((1, 50), np.nan))).all()
    assert np.isnan(noise_levels(np.ones((1, 1)))).all()


def test_onsets_are_starts_of_runs():
    s = np.array([0, 0.5, 10, 9, 0, 0, 2, 0.9, 0, 3.0])
    assert onsets(s).tolist() == [2, 6, 9]
    assert onsets(np.zeros(5)).tolist() == onsets(np.full(5, np.nan)).tolist() == []
    assert onsets(np.array([5.0, np.nan, 4])).tolist() == [0, 2]


@pytest.mark.parametrize("with_spikes", [True, False])
def test_transients_have_their_peak(with_spikes):
    s = np.zeros(60)
    s[[10, 11, 40]] = 1, 0.8, 2
    c = np.zeros(60)
    for frame in range(60):
        c[frame] = s[frame] + (0.8 * c[frame - 1] if frame else 0)
    assert transients(c, s if with_spikes else None).tolist() == [[10, 11], [40, 40]]


def test_highest_peaks_in_time_order():
    c = np.array([0, 5.0, 0, 9, 0, 7, 0, 1])
    found = np.array([[0, 1], [2, 3], [4, 5], [6, 7]])
    assert highest(found, c, 2).tolist() == [3, 5]
    assert highest(found[:0], c).tolist() == []
