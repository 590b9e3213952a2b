"""The result video: four parts, scaled as methods.md says, before and after curation."""

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.store.result_video import generate_videos
from tests.unit.store.test_video import LOSSLESS, array, decoded

H, W, T = 24, 32, 9


@pytest.fixture
def parts():
    a = np.zeros((3, H, W))
    a[0, 2:8, 2:8], a[1, 10:16, 10:16], a[2, 10:20, 20:30] = 1, 0.5, 1
    c = np.linspace(10, 90, T)[None] * np.array([[1.0], [0.5], [0.3]])
    ids = np.array([7, 3, 5])
    footprints = xr.DataArray(a, dims=("unit_id", "height", "width"), coords={"unit_id": ids})
    traces = xr.DataArray(c, dims=("unit_id", "frame"), coords={"unit_id": ids})
    y = np.tensordot(c.T, a, 1) / 2 + 4
    varr = array(np.full((T, H, W), 130, np.uint8))
    return varr, array(y.astype(np.float32)), footprints, traces


def quarters(path):
    found, _ = decoded(path)
    assert found.shape == (T, 2 * H, 2 * W)
    return found[:, :H, :W], found[:, :H, W:], found[:, H:, :W], found[:, H:, W:]


def activity(a, c):
    return np.tensordot(c.values.T, a.values, 1)


def near(found, expected):
    # chroma and luma planes are lossless, the range conversion rounds
    return np.abs(found.astype(float) - np.clip(expected, 0, 255)).max() <= 2.6


def test_four_parts_with_the_gain_as_factor(tmp_path, parts):
    varr, y, a, c = parts
    path = generate_videos(varr, y, a, c, gain=1.2, vpath=str(tmp_path), options=LOSSLESS)
    assert path == str(tmp_path / "minian.mp4")
    top_left, top_right, bottom_left, bottom_right = quarters(path)
    scaled, ac = y.values * 255 / y.values.max() * 1.2, activity(a, c) * 1.2
    assert near(top_left, varr.values)
    assert near(top_right, scaled)
    assert near(bottom_right, ac)
    assert near(bottom_left, scaled - ac)


def test_least_squares_factor(tmp_path, parts):
    varr, y, a, c = parts
    ac = array(activity(a, c).astype(np.float32))
    path = generate_videos(varr, y, AC=ac, nfm_norm=T, gain=1.0, vpath=str(tmp_path), options=LOSSLESS)
    scaled = y.values.astype(float) * 255 / y.values.max()
    factor = (scaled * ac.values).sum() / (ac.values.astype(float) ** 2).sum()
    assert near(quarters(path)[3], ac.values * factor)
    assert near(quarters(path)[2], scaled - ac.values * factor)


def test_units_are_matched_by_id(tmp_path, parts):
    varr, y, a, c = parts
    path = generate_videos(varr, y, a, c.isel(unit_id=[2, 0, 1]), gain=1.0, vpath=str(tmp_path), options=LOSSLESS)
    assert near(quarters(path)[3], activity(a, c))


def test_after_curation(tmp_path, parts):
    varr, y, a, c = parts
    labels = xr.DataArray([-1, 3, 3], dims="unit_id", coords={"unit_id": [7, 3, 5]})
    path = generate_videos(varr, y, a, c, gain=1.0, vpath=str(tmp_path), options=LOSSLESS, unit_labels=labels)
    merged = c.values[1:].mean(axis=0)[:, None, None] * a.values[1:].mean(axis=0)
    assert near(quarters(path)[3], merged)
    assert quarters(path)[3][:, 2:8, 2:8].max() <= 1, "the discarded unit is left out"


def test_a_reference_that_covers_more(tmp_path, parts):
    _, y, a, c = parts
    wide = np.zeros((T + 3, H + 6, W + 4), np.uint8)
    wide[2 : T + 2, 3 : H + 3, 1 : W + 1] = np.arange(T, dtype=np.uint8)[:, None, None] * 20
    reference = array(wide)
    reference = reference.assign_coords(
        frame=np.arange(T + 3) - 2, height=np.arange(H + 6) - 3, width=np.arange(W + 4) - 1
    )
    path = generate_videos(reference, y, a, c, vpath=str(tmp_path), options=LOSSLESS)
    assert near(quarters(path)[0], np.arange(T)[:, None, None] * 20 * np.ones((1, H, W)))


def test_refusals(tmp_path, parts):
    varr, y, a, c = parts
    for wrong in ({"A": a}, {"C": c}, {}):
        with pytest.raises(BadRequest, match="AC, or both A and C"):
            generate_videos(varr, y, vpath=str(tmp_path), **wrong)
    with pytest.raises(BadRequest, match="no unit 7"):
        generate_videos(varr, y, a, c.isel(unit_id=[1, 2]), vpath=str(tmp_path))
    with pytest.raises(BadRequest, match="does not cover all of Y along frame"):
        generate_videos(varr.isel(frame=slice(3)), y, a, c, vpath=str(tmp_path))
    with pytest.raises(BadRequest, match="nfm_norm"):
        generate_videos(varr, y, a, c, nfm_norm=T + 1, vpath=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
