"""The plots of the Parameter Explorer, rendered by Bokeh, with and without datashading."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from bokeh.models import Plot

from minian_web.errors import BadRequest
from minian_web.model.pipeline.preprocess import median
from minian_web.model.pipeline.refinement import mixture
from minian_web.view.plots.gmm import visualize_gmm_fit
from minian_web.view.plots.motion import visualize_motion
from minian_web.view.plots.preprocess import visualize_preprocess
from minian_web.view.plots.seeds import visualize_seeds
from minian_web.view.plots.spatial import visualize_spatial_update
from minian_web.view.plots.temporal import visualize_temporal_update

RNG = np.random.default_rng(0)


def rendered(plot: Any) -> Any:
    return hv.renderer("bokeh").get_plot(plot).state


def titles(plot: Any) -> list[str]:
    return [figure.title.text for figure in rendered(plot).select({"type": Plot})]


def units(dims: tuple[str, ...], ids: list[int], *shape: int) -> xr.DataArray:
    coords: dict[str, Any] = {"unit_id": ids}
    coords |= {dim: np.arange(size) for dim, size in zip(dims[1:], shape, strict=True)}
    return xr.DataArray(RNG.random((len(ids), *shape)), coords, dims)


def footprints(ids: list[int]) -> xr.DataArray:
    return units(("unit_id", "height", "width"), ids, 12, 16)


def traces(ids: list[int]) -> xr.DataArray:
    return units(("unit_id", "frame"), ids, 60)


FRAME = xr.DataArray(
    RNG.integers(0, 255, (30, 40)).astype(np.uint8),
    {"height": np.arange(10, 40), "width": np.arange(40) * 2, "frame": 3},
    ("height", "width"),
)


def test_preprocessing_is_shown_for_every_combination() -> None:
    def shifted(frame: xr.DataArray, ksize: int, by: int) -> xr.DataArray:
        return frame.copy(data=median(frame.values, ksize)) + by

    plot = visualize_preprocess(FRAME, shifted, ksize=[3, 5, 7], by=2)
    original, lines, after, contours = plot.values()
    assert after.keys() == contours.keys() == [(3, 2), (5, 2), (7, 2)]
    assert original.range("height") == (9.5, 39.5)
    assert original.range("width") == (-1, 79)
    # row 0 of the frame is at its own coordinate
    assert original[0.0, 10.0] == FRAME.sel(height=10, width=0)
    assert after[5, 2][20.0, 30.0] == shifted(FRAME, 5, 2).sel(height=30, width=20)
    assert lines.range("height") == original.range("height")
    rendered(plot)


def test_preprocessing_without_a_function_or_original() -> None:
    assert len(visualize_preprocess(FRAME)) == 2
    alone = visualize_preprocess(FRAME, lambda frame, k: frame * k, include_org=False, k=2.0)
    assert len(alone) == 2
    rendered(alone)
    with pytest.raises(BadRequest, match="no value for k"):
        visualize_preprocess(FRAME, lambda frame, k: frame, k=[])
    with pytest.raises(BadRequest, match="height and width"):
        visualize_preprocess(traces([1]))


def test_rigid_motion_is_two_curves() -> None:
    motion = xr.DataArray(
        RNG.random((50, 2)), {"frame": np.arange(0, 100, 2), "shift_dim": ["height", "width"]}, ("frame", "shift_dim")
    )
    plot = visualize_motion(motion)
    assert isinstance(plot, hv.NdOverlay)
    assert list(plot.keys()) == ["height", "width"]
    assert np.array_equal(plot["width"].dimension_values("shift (px)"), motion.sel(shift_dim="width"))
    rendered(plot)
    with pytest.raises(BadRequest, match="shift_dim"):
        visualize_motion(motion.isel(shift_dim=0))


def test_nonrigid_motion_is_two_images_of_patches() -> None:
    coords = {"frame": np.arange(50), "shift_dim": ["height", "width"], "grid0": [0, 1], "grid1": [0, 1, 2]}
    motion = xr.DataArray(RNG.random((2, 50, 2, 3)), coords, ("grid0", "frame", "shift_dim", "grid1"))
    plot = visualize_motion(motion)
    assert isinstance(plot, hv.Layout)
    first = plot.values()[0]
    assert first.dimension_values(2, flat=False).shape == (6, 50)
    expected = motion.sel(shift_dim="height", grid0=1, grid1=2, frame=7)
    assert first[7.0, 5.0] == pytest.approx(float(expected), abs=1e-6)
    rendered(plot)


def test_seeds_are_white_or_red() -> None:
    seeds = pd.DataFrame(
        {"height": [12, 15, 20], "width": [4, 8, 30], "seeds": [1.0, 2, 3], "mask_pnr": [True, False, True]}
    )
    ground, rejected, kept = visualize_seeds(FRAME, seeds, "mask_pnr")
    assert isinstance(ground, hv.Image)
    assert (len(rejected), len(kept)) == (1, 2)
    assert rejected.dimension_values("height").tolist() == [15]
    assert "2 of 3" in titles(visualize_seeds(FRAME, seeds, "mask_pnr"))[0]
    assert len(visualize_seeds(FRAME, seeds).values()[2]) == 3
    rendered(visualize_seeds(FRAME, seeds.iloc[:0]))
    with pytest.raises(BadRequest, match="mask_ks"):
        visualize_seeds(FRAME, seeds, "mask_ks")


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_gaussians_lie_over_the_histogram(covariance: str) -> None:
    from sklearn.mixture import GaussianMixture

    values = np.concatenate([RNG.normal(1, 0.2, 300), RNG.normal(4, 0.2, 100)])
    fitted = GaussianMixture(2, covariance_type=covariance, random_state=0).fit(values.reshape(-1, 1))
    histogram, *curves = visualize_gmm_fit(values, fitted, 40)
    assert len(histogram) == 40
    areas = [np.trapezoid(one.dimension_values(1), one.dimension_values(0)) for one in curves]
    assert sum(areas) == pytest.approx(1, abs=0.05)
    assert sorted(areas) == pytest.approx([0.25, 0.75], abs=0.05)
    rendered(visualize_gmm_fit(values, fitted, 40))


def test_histograms_that_cannot_be_are_refused() -> None:
    fitted = mixture(np.array([1.0, 2, 3, 4]))
    for values, bins in (([], 5), ([1.0], 0)):
        with pytest.raises(BadRequest):
            visualize_gmm_fit(np.array(values), fitted, bins)


@pytest.mark.parametrize("datashading", [True, False])
@pytest.mark.parametrize("norm", [True, False])
def test_spatial_runs(datashading: bool, norm: bool) -> None:
    keys = {(0.1, 5): [3, 1, 7], (0.2, 5): [3, 7]}
    a = {key: footprints(ids) for key, ids in keys.items()}
    c = {key: traces([3, 1, 7]) for key in keys}
    plot = visualize_spatial_update(a, c, ["sparse_penal", "dl_wnd"], norm=norm, datashading=datashading)
    total, binary, activity = plot.values()
    assert total.keys() == binary.keys() == activity.keys() == list(keys)
    assert total[0.2, 5].dimension_values(2, flat=False) == pytest.approx(a[0.2, 5].sum("unit_id").values, rel=1e-5)
    rendered(plot)
    assert any("only in A or C: 1" in title for title in titles(hv.Layout([total[0.2, 5]])))


@pytest.mark.parametrize("datashading", [True, False])
def test_spatial_without_runs_and_with_scalar_keys(datashading: bool) -> None:
    rendered(visualize_spatial_update(footprints([1, 2]), traces([1, 2]), datashading=datashading))
    a, c = {0.1: footprints([1])}, {0.1: traces([1])}
    rendered(visualize_spatial_update(a, c, "sparse_penal", datashading=datashading))
    rendered(
        visualize_spatial_update({0.1: footprints([])}, {0.1: traces([])}, "sparse_penal", datashading=datashading)
    )


@pytest.mark.parametrize("datashading", [True, False])
@pytest.mark.parametrize("norm", [True, False])
def test_temporal_runs(datashading: bool, norm: bool) -> None:
    kept = {(1, 0.1): [4, 2], (1, 2.0): [4]}
    ya, a = ({key: make([4, 2]) for key in kept} for make in (traces, footprints))
    c, s, sig = ({key: traces(ids) for key, ids in kept.items()} for _ in range(3))
    g = {key: units(("unit_id", "lag"), ids, 1) * 0.9 for key, ids in kept.items()}
    plot = visualize_temporal_update(ya, c, s, g, sig, a, ["p", "sparse_penal"], norm=norm, datashading=datashading)
    fits, pulses, planes = plot.values()
    assert fits.keys() == pulses.keys() == planes.keys() == [(1, 0.1, 2), (1, 0.1, 4), (1, 2.0, 2), (1, 2.0, 4)]
    labels = {str(label) for one in fits[1, 0.1, 4].values() if (label := one.label)}
    assert {"Raw Signal", "Fitted Calcium Trace", "Fitted Spikes", "Fitted Signal"} <= labels
    assert "dropped" in titles(fits[1, 2.0, 2])[0]
    assert "dropped" not in titles(fits[1, 2.0, 4])[0]
    response = next(iter(pulses[1, 0.1, 4].values())).dimension_values(1)
    assert response[:2] == pytest.approx([1, float(g[1, 0.1].sel(unit_id=4, lag=0))])
    rendered(plot)


def test_temporal_without_runs() -> None:
    one = [traces([1, 2]) for _ in range(3)]
    rendered(visualize_temporal_update(*one, units(("unit_id", "lag"), [1, 2], 2), traces([1, 2]), footprints([1, 2])))


def test_keys_that_do_not_fit_are_refused() -> None:
    a, c = {0.1: footprints([1])}, {0.2: traces([1])}
    for args in ((a, c, "p"), (a, {0.1: traces([1])}, ["p", "q"]), (a, {0.1: traces([1])}), ({}, {}, "p")):
        with pytest.raises(BadRequest):
            visualize_spatial_update(*args)
