import numpy as np
import pytest

from minian_web.errors import BadRequest, Cancelled
from minian_web.store import metrics as module
from minian_web.store.datasets import open_dataset
from minian_web.store.metrics import movie_match, read_metrics
from minian_web.store.movies import find_movies
from tests import stores
from tests.movies import numbered, write_movie


def movie_of(folder, name="Y_fm_chk"):
    movies, _ = find_movies(folder / "minian_intermediate")
    return next(movie for movie in movies if movie.variable == name)


def test_by_unit_whatever_the_order_of_the_variables(tmp_path):
    plain = read_metrics(open_dataset(stores.v2(tmp_path / "a")))
    other = read_metrics(open_dataset(stores.reordered_traces(tmp_path / "b")))
    assert {"peak_snr", "noise", "event_rate", "area", "fit"} <= set(plain.columns)
    for name, values in plain.columns.items():
        np.testing.assert_array_equal(values, other.columns[name], err_msg=name)


def test_small_parts_are_the_same_and_progress_is_told(tmp_path, monkeypatch):
    dataset = open_dataset(stores.v2(tmp_path))
    whole, told = read_metrics(dataset), []
    monkeypatch.setattr(module, "_BYTES_AT_ONCE", 1)
    parts = read_metrics(dataset, tick=told.append)
    for name, values in whole.columns.items():
        np.testing.assert_allclose(values, parts.columns[name], err_msg=name)
    assert told == sorted(told)
    assert told[-1] == 1


def test_kept_in_the_cache_until_the_traces_are_rewritten(tmp_path, monkeypatch):
    path = stores.v2(tmp_path / "data")
    first = read_metrics(open_dataset(path, cache_dir=tmp_path / "cache"))
    monkeypatch.setattr(module, "_of_traces", lambda *_: pytest.fail("computed again"))
    again = read_metrics(open_dataset(path, cache_dir=tmp_path / "cache"))
    assert list(again.columns) == list(first.columns)
    chunk = stores.chunk_files(path / "C.zarr" / "C")[0]
    chunk.write_bytes(chunk.read_bytes())
    monkeypatch.setattr(module, "_of_traces", lambda *_: {})
    assert "noise" not in read_metrics(open_dataset(path, cache_dir=tmp_path / "cache")).columns


def test_a_unit_without_a_trace_has_metrics_of_its_footprint(tmp_path):
    found = read_metrics(open_dataset(stores.unit_without_trace(tmp_path)))
    assert np.isfinite(found.columns["area"]).all()
    assert np.isnan(found.columns["noise"]).tolist() == [True] + [False] * (len(found.unit_ids) - 1)


def test_each_session_of_a_merged_dataset(tmp_path):
    dataset = open_dataset(stores.merged(tmp_path))
    alone = open_dataset(stores.v2(tmp_path / "s2", session="s2"))
    found, expected = read_metrics(dataset, dataset.keys[1]), read_metrics(alone)
    order = [alone.stored_units.tolist().index(unit) for unit in found.unit_ids.tolist()]
    for name, values in expected.columns.items():
        np.testing.assert_allclose(found.columns[name], values[order], rtol=1e-5, err_msg=name)


def test_the_movie_shows_the_cells_that_are_there(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path, with_movies=True))
    movie = movie_of(tmp_path)
    found = movie_match(dataset, movie, rest=0)
    assert np.nanmedian(found) > 0.6
    assert found.shape == dataset.unit_ids().shape


def test_the_movie_is_read_in_parts(tmp_path, monkeypatch):
    dataset = open_dataset(stores.many_chunks(tmp_path))
    whole = movie_match(dataset, movie_of(tmp_path), rest=0)
    monkeypatch.setattr(module, "_BLOCK", 1)
    told = []
    parts = movie_match(dataset, movie_of(tmp_path), tick=told.append, rest=0)
    np.testing.assert_allclose(parts, whole, atol=0.02)  # the mean is over the parts that hold a peak
    assert len(told) > 3


def test_cancel_and_a_movie_of_another_size(tmp_path):
    dataset = open_dataset(stores.v2(tmp_path, with_movies=True))

    def stop(_fraction):
        raise Cancelled("x")

    with pytest.raises(Cancelled):
        read_metrics(dataset, tick=stop)
    with pytest.raises(BadRequest, match="6 x 9"):
        movie_match(dataset, write_movie(tmp_path / "m", numbered(5), chunks=(5, 6, 9)))
