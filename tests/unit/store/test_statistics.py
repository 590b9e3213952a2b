"""Statistics of a whole movie, part by part."""

import numpy as np
import pytest

from minian_web.errors import Cancelled, DataError
from minian_web.store import statistics as module
from minian_web.store.cache import Cache
from minian_web.store.statistics import cached_statistics, statistics
from tests.movies import numbered, write_movie


def ignore(_fraction, *_partial):
    pass


@pytest.mark.parametrize("chunk", [1, 7, 10, 25, 60])
def test_whatever_the_chunks(tmp_path, chunk, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 500)
    values = np.random.default_rng(0).integers(0, 255, (25, 6, 9)).astype(np.uint8)
    movie = write_movie(tmp_path, values, chunks=(chunk, 6, 9))
    found = statistics(movie, ignore)
    np.testing.assert_allclose(found.mean, values.mean((1, 2)), rtol=1e-6)
    np.testing.assert_array_equal(found.max, values.max((1, 2)))
    np.testing.assert_array_equal(found.min, values.min((1, 2)))
    np.testing.assert_allclose(found.diff[1:], np.abs(np.diff(values.astype(float), axis=0)).mean((1, 2)), rtol=1e-6)


def test_parts_are_told_in_order_and_do_not_change_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PARTIAL_S", -1.0)
    monkeypatch.setattr(module, "_BLOCK", 1)
    movie = write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))
    told = []
    statistics(movie, lambda fraction, *partial: told.append((fraction, partial[0])))
    assert [fraction for fraction, _ in told] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [int(np.isfinite(partial.mean).sum()) for _, partial in told] == [10, 20, 30]


def test_cancelled_between_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 1)
    movie = write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))
    seen = []

    def tick(fraction, *_partial):
        seen.append(fraction)
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        statistics(movie, tick)
    assert len(seen) == 1


def test_kept_in_the_cache_until_the_movie_changes(tmp_path):
    cache = Cache(tmp_path / "cache")
    movie = write_movie(tmp_path / "movies", numbered(30), chunks=(10, 6, 9))
    assert cached_statistics(movie, cache) is None
    found = statistics(movie, ignore, cache)
    again = cached_statistics(movie, cache)
    np.testing.assert_array_equal(again.diff, found.diff)
    changed = write_movie(tmp_path / "movies", numbered(30) + 1, chunks=(10, 6, 9))
    assert cached_statistics(changed, cache) is None


def test_a_broken_chunk_leaves_a_gap_and_is_named_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 1)
    cache = Cache(tmp_path / "cache")
    movie = write_movie(tmp_path / "movies", numbered(30), chunks=(10, 6, 9))
    chunk = movie.array.path / "1.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-3])
    told = []
    with pytest.raises(DataError, match=r"1\.0\.0"):
        statistics(movie, lambda _fraction, *partial: told.extend(partial), cache)
    known = np.isfinite(told[-1].mean)
    assert np.flatnonzero(~known).tolist() == list(range(10, 20))
    assert cached_statistics(movie, cache) is None


def test_time_is_left_to_players(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 1)
    slept = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    movie = write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))
    statistics(movie, ignore, rest=lambda: 1e9)
    assert slept == [module._LONGEST_REST_S] * 3


def test_what_was_begun_is_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PARTIAL_S", -1.0)
    monkeypatch.setattr(module, "_BLOCK", 1)
    movie = write_movie(tmp_path, numbered(50), chunks=(10, 6, 9))
    told = []
    whole = statistics(movie, lambda _fraction, partial: told.append(partial))
    fractions = []
    found = statistics(movie, lambda fraction, _partial: fractions.append(fraction), begun=told[2])
    assert fractions == pytest.approx([0.6, 0.8, 1.0])
    for name in module.NAMES:
        np.testing.assert_array_equal(found.of(name), whole.of(name))
    assert not np.isfinite(told[2].mean[30:]).any()
