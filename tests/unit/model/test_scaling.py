import numpy as np
import pytest

from minian_web.model.scaling import norm, normalize
from tests.paths import DATA

REFERENCE = np.load(DATA / "reference" / "normalize.npz")


@pytest.mark.parametrize(("function", "name"), [(norm, "norm"), (normalize, "normalize")])
def test_as_minian(function, name):
    values = REFERENCE["normalize_in"]
    np.testing.assert_allclose(function(values), REFERENCE[f"{name}_out"], rtol=0, atol=1e-15)
    holed = np.where(np.isnan(REFERENCE[f"{name}_nan_out"]), np.nan, values)
    np.testing.assert_allclose(function(holed), REFERENCE[f"{name}_nan_out"], rtol=0, atol=1e-15)


def test_constants():
    np.testing.assert_array_equal(norm(np.full(5, 7.0)), np.full(5, 7.0))
    np.testing.assert_array_equal(normalize(np.full(5, 7.0)), np.ones(5))


def test_nan_stays_in_place():
    values = np.array([1.0, np.nan, 3.0, 2.0])
    for function in (norm, normalize):
        np.testing.assert_allclose(function(values), [0, np.nan, 1, 0.5])
        assert np.isnan(function(np.full(3, np.nan))).all()
    assert norm(np.zeros(0)).shape == normalize(np.zeros(0)).shape == (0,)


def test_integers_and_shapes():
    values = np.arange(6).reshape(2, 3)
    for function in (norm, normalize):
        np.testing.assert_allclose(function(values), values / 5)
