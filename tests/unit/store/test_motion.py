"""Motion, whatever the order of its dimensions."""

import itertools

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import DataError
from minian_web.store.datasets import open_dataset
from minian_web.store.layout import write_dataset
from minian_web.store.motion import motion_of
from tests import stores

FRAMES = 40


def dataset(tmp_path, motion):
    results = {name: one for name, one in stores.results().items() if name != "motion"}
    return open_dataset(
        write_dataset(tmp_path / "minian", {**results, **({} if motion is None else {"motion": motion})})
    )


def shifts(dims, sizes):
    rng = np.random.default_rng(0)
    coords = {"frame": np.arange(sizes["frame"]), "shift_dim": ["height", "width"]}
    whole = xr.DataArray(rng.normal(size=tuple(sizes.values())), dims=tuple(sizes), coords=coords)
    return whole, whole.transpose(*dims)


@pytest.mark.parametrize("dims", list(itertools.permutations(("frame", "shift_dim", "grid0", "grid1")))[::5])
def test_patches_in_any_order(tmp_path, dims):
    sizes = {"frame": FRAMES, "shift_dim": 2, "grid0": 3, "grid1": 4}
    whole, stored = shifts(dims, sizes)
    found = motion_of(dataset(tmp_path, stored))
    assert (found.values.shape, found.names, found.rigid) == ((2, 12, FRAMES), ("height", "width"), False)
    for at, direction in enumerate(found.names):
        one = whole.sel(shift_dim=direction).transpose("frame", "grid0", "grid1").values.reshape(FRAMES, 12)
        if dims.index("grid0") < dims.index("grid1"):
            np.testing.assert_allclose(found.values[at].T, one, rtol=1e-6)
        np.testing.assert_allclose(np.sort(found.values[at].T), np.sort(one), rtol=1e-6)


def test_rigid(tmp_path):
    whole, stored = shifts(("shift_dim", "frame"), {"frame": FRAMES, "shift_dim": 2})
    found = motion_of(dataset(tmp_path, stored))
    assert found.rigid
    np.testing.assert_allclose(found.values[:, 0].T, whole.values, rtol=1e-6)


def test_none_and_nonsense(tmp_path):
    assert motion_of(dataset(tmp_path / "a", None)) is None
    wrong = xr.DataArray(np.zeros((FRAMES, 3)), dims=("frame", "shift_dim"), coords={"frame": np.arange(FRAMES)})
    with pytest.raises(DataError, match="shift_dim"):
        motion_of(dataset(tmp_path / "b", wrong))
