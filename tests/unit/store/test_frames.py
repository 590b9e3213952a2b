"""Frames come right whatever the chunks are, and a chunk is decoded once."""

import threading
import time

import numpy as np
import pytest

from minian_web.errors import BadRequest, Cancelled, DataError
from minian_web.store import frames as module
from minian_web.store import zarrs
from minian_web.store.frames import Frames
from tests.movies import numbered, write_movie


@pytest.fixture
def decodes(monkeypatch):
    """Slices read from disk so far."""
    found = []

    def read(meta, index=()):
        found.append(index)
        return zarrs_read(meta, index)

    zarrs_read = zarrs.read
    monkeypatch.setattr(zarrs, "read", read)
    return found


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("chunks", [(1, 6, 9), (10, 6, 9), (16, 4, 5), (23, 6, 9), (50, 6, 9)])
def test_every_frame_is_right_whatever_the_chunks(tmp_path, chunks, zarr_format):
    values = numbered(23)
    movie = write_movie(tmp_path, values, chunks=chunks, zarr_format=zarr_format)
    found = Frames().read(movie, slice(None))
    np.testing.assert_array_equal(found, values)


def test_frames_in_any_order_and_twice(tmp_path):
    values = numbered(23)
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9))
    wanted = [22, 0, 9, 10, 10, 3]
    np.testing.assert_array_equal(Frames().read(movie, wanted), values[wanted])


def test_the_last_chunk_is_partial(tmp_path):
    values = numbered(11)
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9))
    np.testing.assert_array_equal(Frames().read(movie, [10]), values[10:])


def test_one_frame(tmp_path):
    values = numbered(1, dtype="float32")
    movie = write_movie(tmp_path, values, chunks=(86, 6, 9))
    assert Frames().read(movie, [0], 0.0, 255.0).tolist() == values.astype(np.uint8).tolist()


def test_an_absent_chunk_holds_the_fill_value(tmp_path):
    values = np.zeros((20, 6, 9), np.uint8)
    values[:10] = 5
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9), fill_value=0)
    assert not (movie.array.path / "1.0.0").exists()
    assert np.unique(Frames().read(movie, slice(10, 20))).tolist() == [0]


def test_a_truncated_chunk_is_an_error_that_names_it_and_the_others_play_on(tmp_path):
    values = numbered(30)
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9))
    chunk = movie.array.path / "1.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-3])
    frames = Frames()
    with pytest.raises(DataError, match=r"1\.0\.0"):
        frames.read(movie, [15])
    np.testing.assert_array_equal(frames.read(movie, [5, 25]), values[[5, 25]])


def test_a_chunk_that_was_mended_is_read_again(tmp_path):
    values = numbered(10)
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9))
    chunk, frames = movie.array.path / "0.0.0", Frames()
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:-3])
    with pytest.raises(DataError):
        frames.read(movie, [5])
    chunk.write_bytes(whole)
    np.testing.assert_array_equal(frames.read(movie, [5]), values[5:6])


@pytest.mark.parametrize("positions", [[30], [-1], [], [3, 99999]])
def test_frames_that_are_not_there(tmp_path, positions):
    movie = write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))
    with pytest.raises(BadRequest):
        Frames().read(movie, positions)


def test_region_and_scale(tmp_path):
    values = numbered(4)
    movie = write_movie(tmp_path, values, chunks=(4, 6, 9))
    found = Frames().read(movie, [2], region=(0, 4, 0, 2), scale=2)
    assert found.tolist() == [[[(201 + 2 * 3 + 2) // 4], [2]]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint16", "int16"])
def test_other_types_are_quantised_with_one_range_for_the_movie(tmp_path, dtype):
    values = numbered(40, dtype=dtype)
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9))
    frames = Frames()
    low, high = frames.range_of(movie)
    assert low <= 0 < 202 < high
    levels = frames.read(movie, [3, 33])
    np.testing.assert_allclose(low + levels * (high - low) / 255, values[[3, 33]], atol=(high - low) / 255)


def test_a_narrow_range_resolves_more(tmp_path):
    movie = write_movie(tmp_path, numbered(40, dtype="float32"), chunks=(10, 6, 9))
    assert Frames().read(movie, [0, 1, 2], 0.0, 2.0)[:, 2, 2].tolist() == [0, 128, 255]


def test_exact_values_are_the_stored_ones(tmp_path):
    values = np.random.default_rng(0).normal(size=(12, 6, 9)).astype(np.float32)
    movie = write_movie(tmp_path, values, chunks=(5, 6, 9))
    found = Frames().exact(movie, 11)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values[11])
    with pytest.raises(BadRequest):
        Frames().exact(movie, 12)


def test_colour_limits_are_those_of_the_values(tmp_path):
    values = np.random.default_rng(0).normal(100, 5, (30, 40, 40)).astype(np.float32)
    movie = write_movie(tmp_path, values, chunks=(30, 40, 40))
    low, high = Frames().limits_of(movie)
    assert np.percentile(values, 0.5) == pytest.approx(low, abs=1)
    assert np.percentile(values, 99.8) == pytest.approx(high, abs=1)


def test_a_chunk_is_decoded_once(tmp_path, decodes):
    movie = write_movie(tmp_path, numbered(30, dtype="float32"), chunks=(10, 6, 9))
    frames = Frames()
    frames.range_of(movie)
    for _ in range(3):
        frames.read(movie, slice(0, 20))
        frames.limits_of(movie)
    assert len(decodes) == 2
    assert frames.decoded == 2


def test_many_sessions_at_the_same_time_decode_a_chunk_once(tmp_path, decodes, monkeypatch):
    values = numbered(30, dtype="float32")
    movie = write_movie(tmp_path, values, chunks=(10, 6, 9))
    slow = module.quantise
    monkeypatch.setattr(module, "quantise", lambda *given: time.sleep(0.05) or slow(*given))
    frames, barrier, found = Frames(), threading.Barrier(8), []

    def session():
        barrier.wait()
        found.append(frames.read(movie, [12, 5]))

    threads = [threading.Thread(target=session) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decodes) == 2
    assert len(found) == 8
    assert all((one == found[0]).all() for one in found)


def test_the_cache_stays_within_its_bytes_and_drops_what_was_used_longest_ago(tmp_path, decodes):
    movie = write_movie(tmp_path, numbered(80), chunks=(8, 6, 9))
    block = 8 * 6 * 9
    frames = Frames(4 * block)
    for number in range(10):
        frames.read(movie, [8 * number])
        frames.read(movie, [0])
    assert frames.held <= 4 * block
    assert decodes.count((slice(0, 8),)) == 1


def test_a_chunk_larger_than_the_cache_is_read_in_parts(tmp_path):
    values = numbered(40)
    movie = write_movie(tmp_path, values, chunks=(40, 6, 9))
    frames = Frames(8 * 54)
    np.testing.assert_array_equal(frames.read(movie, slice(None)), values)
    assert frames.held <= 8 * 54


def test_a_rewritten_movie_is_read_anew(tmp_path):
    frames = Frames()
    before = write_movie(tmp_path, numbered(5), chunks=(5, 6, 9))
    frames.read(before, [0])
    after = write_movie(tmp_path, numbered(5) + 1, chunks=(5, 6, 9))
    assert before.guard != after.guard
    assert frames.read(after, [3])[0, 2, 2] == 4


def test_blocks_of_the_cache_cannot_be_written_to(tmp_path):
    movie = write_movie(tmp_path, numbered(10), chunks=(10, 6, 9))
    with pytest.raises(ValueError, match="read-only"):
        Frames().read(movie, [1])[...] = 0


def test_what_nobody_waits_for_is_not_decoded(tmp_path, decodes):
    movie = write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))
    frames = Frames()
    with pytest.raises(Cancelled):
        frames.read(movie, [15], 0.0, 255.0, wanted=lambda: False)
    assert decodes == []
    assert frames.read(movie, [15], 0.0, 255.0, wanted=lambda: True).shape == (1, 6, 9)
    assert frames.read(movie, [16], 0.0, 255.0, wanted=lambda: False).shape == (1, 6, 9)
