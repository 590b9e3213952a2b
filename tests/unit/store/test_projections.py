"""Projections over frames."""

import numpy as np
import pytest

from minian_web.errors import Cancelled
from minian_web.store.cache import Cache
from minian_web.store.films import of_movie
from minian_web.store.projections import projections
from tests.movies import write_movie


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_over_all_frames_and_over_some(tmp_path, dtype, monkeypatch):
    monkeypatch.setattr("minian_web.store.films.BLOCK", 1)
    values = np.random.default_rng(0).integers(0, 250, (23, 6, 9)).astype(dtype)
    if dtype == "float32":
        values[:, 2, 3] = np.nan
        values[4, 1, 1] = np.nan
    film = of_movie(write_movie(tmp_path, values, chunks=(5, 6, 9)))
    for first, last in ((0, 23), (3, 11)):
        found = projections(film.part(first, last), "guard", lambda _: None)
        part = values[first:last].astype(float)
        filled = ~np.isnan(part).all(axis=0)
        for name, f in (("max", np.nanmax), ("mean", np.nanmean), ("min", np.nanmin)):
            np.testing.assert_allclose(found[name][filled], f(part[:, filled], axis=0), rtol=1e-6)
            assert np.isnan(found[name][~filled]).all()


def test_kept_in_the_cache_by_range(tmp_path):
    film = of_movie(write_movie(tmp_path, np.arange(60, dtype=np.uint8).reshape(10, 2, 3), chunks=(5, 2, 3)))
    cache = Cache(tmp_path / "cache")
    first = projections(film, "guard", lambda _: None, cache)

    def tick(_fraction):
        raise Cancelled("never asked")

    np.testing.assert_array_equal(projections(film, "guard", tick, cache)["mean"], first["mean"])
    with pytest.raises(Cancelled):
        projections(film.part(0, 5), "guard", tick, cache)
