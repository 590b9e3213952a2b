"""The benchmarks' data at small sizes; the benchmarks themselves are run by `make bench`."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import catalog, data
from minian_web.store.datasets import open_dataset
from minian_web.store.movies import find_movies
from tests import stores


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIAN_WEB_BENCH_DATA", str(tmp_path))


def test_large_dataset():
    dataset = open_dataset(data.large_dataset(units=5, frames=30, side=40))
    footprints = dataset.footprints()
    assert len(dataset.stored_units) == 5
    assert (footprints.areas > 30).all()
    assert dataset.traces("C", dataset.stored_units).shape == (5, 30)
    assert data.large_dataset(units=5, frames=30, side=40) == dataset.path, "made a second time"


@pytest.mark.parametrize(("name", "dtype"), [("varr", np.uint8), ("Y_fm_chk", np.float32)])
def test_long_movie_repeats_a_few_chunks(monkeypatch, name, dtype):
    monkeypatch.setattr("minian_web.store.layout.MOVIE_CHUNK_BYTES", 8 * 40 * 40 * 5)
    folder = data.long_movie(frames=52, name=name, side=40)
    movies, problems = find_movies(folder)
    assert not problems
    assert (movies[0].dtype, movies[0].n_frames, movies[0].array.chunks[0]) == (dtype, 52, 5)
    values = stores.stored(movies[0].array.path)
    period = 5 * data.VARIETY
    assert values[:period].any(axis=(1, 2)).all()
    assert np.array_equal(values[period : 2 * period], values[:period])
    assert len(stores.chunk_files(movies[0].array.path)) == 11


def test_catalog_is_measured(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["catalog", "21"])
    assert catalog.main() == 0
    assert "names" in capsys.readouterr().out
