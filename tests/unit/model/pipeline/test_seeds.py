from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from minian_web.errors import BadRequest
from minian_web.model.pipeline.refinement import (
    above_mixture,
    ks_mask,
    ks_values,
    merge_mask,
    mixture,
    mixture_threshold,
    peak_to_noise,
    pnr_mask,
)
from minian_web.model.pipeline.seeds import local_maxima, projections, random_windows, rolling_windows, seeds_of
from tests.unit.model.pipeline.reference import FOLDER, arrays, blocks, movie


def known(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"seeds_{name}.csv", index_col=0)


def traces(seeds: pd.DataFrame) -> np.ndarray:
    return movie()[:, seeds["height"], seeds["width"]].T.astype(np.float64)


def test_seeds_are_those_of_the_pipeline() -> None:
    members = [np.arange(*window) for window in rolling_windows(600, 1000, 500)]
    found = seeds_of(projections(members, blocks(), (128, 160)), 15, 3)
    assert len(found) == 41
    assert np.array_equal(found.to_numpy(), known("init").to_numpy())


def test_refinements_are_those_of_the_pipeline() -> None:
    seeds = known("init")
    ratios = peak_to_noise(traces(seeds), 0.06)
    assert np.abs(ratios - arrays("pnr")["pnr"]).max() < 1e-5
    assert np.array_equal(pnr_mask(ratios, 1), known("pnr")["mask_pnr"])
    assert np.array_equal(ks_mask(ks_values(traces(seeds)), 0.05), known("ks")["mask_ks"])
    both = known("ks")["mask_pnr"] & known("ks")["mask_ks"]
    left = seeds[both]
    bright = movie().max(axis=0)[left["height"], left["width"]]
    kept = merge_mask(left[["height", "width"]].to_numpy(), traces(left), bright)
    assert np.array_equal(kept, known("final")["mask_mrg"])


def test_windows_cover_all_frames_whatever_their_size() -> None:
    for frames, size, step in ((600, 1000, 500), (600, 100, 50), (7, 2, 3)):
        windows = rolling_windows(frames, size, step)
        assert windows[0][0] == 0
        assert windows[-1][1] == frames
    assert [len(one) for one in random_windows(600, 100, 3)] == [100] * 3
    assert len(random_windows(50, 100, 1)[0]) == 50
    for wrong in ((600, 0, 1), (600, 5, 0), (600, 2.5, 1)):
        with pytest.raises(BadRequest):
            rolling_windows(*wrong)  # type: ignore[arg-type]


def test_projections_of_frames_in_any_blocks() -> None:
    members = [np.arange(10, 200), np.array([3, 77, 500])]
    expected = [movie()[one].max(axis=0) for one in members]
    assert np.array_equal(projections(members, blocks(64), (128, 160)), expected)


def test_one_bump_is_one_seed() -> None:
    rows, columns = np.mgrid[:40, :50]
    image = 20 * np.exp(-((rows - 17) ** 2 + (columns - 31) ** 2) / 18)
    assert np.argwhere(local_maxima(image, 10, 3)).tolist() == [[17, 31]]
    assert not local_maxima(image, 10, 30).any()
    assert not local_maxima(np.full((20, 20), 5.0), 5, 0).any()
    for wrong in ({"max_wnd": 2}, {"max_wnd": 1000}, {"diff_thres": -1}, {"max_wnd": 4.5}):
        with pytest.raises(BadRequest):
            local_maxima(image, **wrong)  # type: ignore[arg-type]


def test_constant_traces_do_no_harm() -> None:
    flat = np.full((2, 100), 3.0)
    assert peak_to_noise(flat).tolist() == [0, 0]
    assert ks_values(flat).tolist() == [1, 1]
    assert merge_mask(np.array([[0, 0], [0, 1]]), flat, np.array([1, 2])).all()
    assert merge_mask(np.zeros((0, 2)), np.zeros((0, 50)), np.zeros(0)).shape == (0,)


def test_a_mixture_parts_two_clouds() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(1, 0.1, 80), rng.normal(3, 0.2, 40)])
    fitted = mixture(values)
    assert np.array_equal(above_mixture(values, fitted), values > 2)
    assert np.array_equal(pnr_mask(values, "auto"), values > 2)
    assert 1.3 < mixture_threshold(values, fitted) < 2.6
    with pytest.raises(BadRequest, match="too few"):
        mixture(np.ones(10))
    with pytest.raises(BadRequest, match="thres"):
        pnr_mask(values, "none")


def test_merging_is_transitive_and_keeps_the_brightest() -> None:
    wave = np.sin(np.arange(200) / 8)
    same = np.stack([wave, 2 * wave, wave + 1, -wave])
    places = np.array([[0, 0], [0, 8], [0, 16], [0, 18]])
    assert merge_mask(places, same, np.array([1, 5, 2, 1])).tolist() == [False, True, False, True]
    for wrong in ({"thres_dist": 0}, {"thres_corr": 1.2}):
        with pytest.raises(BadRequest):
            merge_mask(places, same, np.ones(4), **wrong)
    with pytest.raises(BadRequest, match="sig"):
        ks_mask(np.ones(3), 0)
