import csv

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.centroids import NNsort, centroid
from minian_web.store.datasets import open_dataset
from tests import stores
from tests.paths import ANIMAL1, DATA


def footprints(values, heights=(10.0, 12, 14), widths=(1.0, 2, 3, 4)):
    coords = {"unit_id": np.arange(len(values)) * 3, "height": list(heights), "width": list(widths)}
    return xr.DataArray(np.asarray(values, float), dims=("unit_id", "height", "width"), coords=coords)


def point(row, column):
    image = np.zeros((3, 4))
    image[row, column] = 2
    return image


def test_the_true_centre_of_mass_in_coordinates():
    found = centroid(footprints([point(0, 3) + point(2, 3), point(1, 0) + 3 * point(1, 2)]))
    assert list(found.columns) == ["unit_id", "height", "width"]
    np.testing.assert_allclose(found.to_numpy(float), [[0, 12, 4], [3, 12, 2.5]])


def test_minian_is_low_by_one_pixel_in_n():
    dataset = open_dataset(ANIMAL1 / "session1" / "minian")
    ids = dataset.stored_units
    images = dataset.container.variable("A").select({}, ("unit_id", "height", "width"))
    axes = {"unit_id": ids, "height": dataset.heights, "width": dataset.widths}
    found = centroid(xr.DataArray(images, dims=("unit_id", "height", "width"), coords=axes))
    with (DATA / "reference" / "NNsort.csv").open() as file:
        theirs = pd.DataFrame(csv.DictReader(file)).astype(float)
    np.testing.assert_allclose(found["height"] * 127 / 128, theirs["height"], rtol=1e-6)
    np.testing.assert_allclose(found["width"] * 159 / 160, theirs["width"], rtol=1e-6)
    assert NNsort(theirs).tolist() == NNsort(found).tolist() == theirs["NNord"].astype(int).tolist()


def test_empty_and_unknown_footprints_are_left_out_and_dimensions_kept():
    merged = stores.merged_variables()["A"]
    holed = merged.copy(data=merged.values.copy())
    holed[{"unit_id": 0}] = 0.0
    found = centroid(holed)
    assert list(found.columns) == ["animal", "session", "unit_id", "height", "width"]
    there = holed.fillna(0).any(["height", "width"]).values
    assert len(found) == there.sum() < there.size
    assert set(found["session"]) == {"s1", "s2"}
    alone = centroid(holed.isel(animal=0).sel(session="s2").transpose("width", "unit_id", "height"))
    pd.testing.assert_frame_equal(
        alone, found[found["session"] == "s2"][alone.columns].reset_index(drop=True), check_exact=False
    )


def test_dask_and_nan_pixels():
    values = np.stack([point(1, 1), np.where(point(0, 0) > 0, np.nan, point(2, 2)), np.full((3, 4), np.nan)])
    lazy = footprints(values).copy(data=da.from_array(values, chunks=(1, 3, 4)))
    np.testing.assert_allclose(centroid(lazy).to_numpy(float), [[0, 12, 2], [3, 14, 3]])


def test_progress_is_told(capsys):
    centroid(footprints([point(0, 0), point(1, 1)]))
    assert capsys.readouterr() == ("", "")
    centroid(footprints([point(0, 0), point(1, 1)]), verbose=True)
    assert "2 / 2" in capsys.readouterr().err


def test_what_is_missing_is_named():
    with pytest.raises(BadRequest, match="height missing"):
        centroid(footprints([point(0, 0)]).isel(height=0, drop=True))
    with pytest.raises(BadRequest, match="coordinates for width"):
        centroid(footprints([point(0, 0)]).drop_vars("width"))
    with pytest.raises(BadRequest, match="width missing"):
        NNsort(pd.DataFrame({"height": [1.0]}))


def test_the_walk_keeps_the_index():
    table = pd.DataFrame({"height": [5.0, 0, np.nan, 1], "width": [5.0, 0, 2, 1]}, index=[9, 4, 7, 2])
    assert NNsort(table).to_dict() == {9: 2, 4: 0, 7: 3, 2: 1}
