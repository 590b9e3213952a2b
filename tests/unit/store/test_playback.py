"""Replies say what they hold, and refuse what cannot be."""

import numpy as np
import pytest

from minian_web.errors import BadRequest, Cancelled, Changed
from minian_web.model.footprints import from_dense
from minian_web.model.frame_request import FrameRequest, unpack
from minian_web.store.playback import answer
from tests.movies import Sources, numbered, stub_dataset, write_movie


@pytest.fixture
def movie(tmp_path):
    return write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))


def ask(movie, **wish):
    return answer(Sources(m=movie), FrameRequest("d", "m", **{"positions": (0,), **wish}))


def test_the_header_repeats_what_was_asked_for(movie):
    header, pixels = unpack(ask(movie, positions=(3, 5), guard=movie.guard))
    assert header["positions"] == [3, 5]
    assert (header["count"], header["height"], header["width"]) == (2, 6, 9)
    assert (header["dataset"], header["movie"], header["guard"]) == ("d", "m", movie.guard)
    assert (header["low"], header["high"], header["stored"]) == (0.0, 255.0, "uint8")
    np.testing.assert_array_equal(pixels, numbered(30)[[3, 5]])


def test_exact_values_come_as_stored(tmp_path):
    values = numbered(4).astype(np.float64) / 7
    movie = write_movie(tmp_path, values, chunks=(4, 6, 9))
    header, pixels = unpack(ask(movie, positions=(2,), exact=True))
    assert header["dtype"] == "float64"
    np.testing.assert_array_equal(pixels[0], values[2])


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float16"])
def test_types_that_a_browser_lacks_come_as_float64(tmp_path, dtype):
    movie = write_movie(tmp_path, numbered(4, dtype=dtype), chunks=(4, 6, 9))
    header, pixels = unpack(ask(movie, positions=(2,), exact=True))
    assert header["dtype"] == "float64"
    np.testing.assert_array_equal(pixels[0], numbered(4)[2])


@pytest.mark.parametrize(
    "wish", [{"positions": (30,)}, {"region": (0, 7, 0, 1)}, {"positions": (3,), "exact": True, "region": None}]
)
def test_what_the_movie_does_not_have(movie, wish):
    if wish.get("exact"):
        assert ask(movie, **wish)
        return
    with pytest.raises(BadRequest):
        ask(movie, **wish)


def test_too_much_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("minian_web.store.playback.MOST_BYTES", 100)
    movie = write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))
    with pytest.raises(BadRequest, match="too much"):
        ask(movie, positions=(0, 1))
    assert ask(movie, positions=(0,))
    assert ask(movie, positions=(0, 1), scale=2)


def test_a_movie_that_has_changed(movie):
    with pytest.raises(Changed, match="reload"):
        ask(movie, guard="another")


def test_nobody_waits(movie):
    with pytest.raises(Cancelled):
        answer(Sources(m=movie), FrameRequest("d", "m", positions=(0,)), lambda: False)


def test_activity_of_units():
    images = np.zeros((1, 4, 5), np.float32)
    images[0, 1, 2] = 2.0
    dataset = stub_dataset(from_dense([4], images, (4, 5)), np.array([[0, 1, 3]], np.float32))
    header, pixels = unpack(answer(Sources(d=dataset), FrameRequest("d", units=(4,), positions=(0, 1, 2))))
    assert header["units"] == [4]
    assert (header["low"], header["high"]) == (0.0, 6.0)
    assert pixels[:, 1, 2].tolist() == [0, 85, 255]
    _, exact = unpack(answer(Sources(d=dataset), FrameRequest("d", units=(4,), positions=(2,), exact=True)))
    assert exact[0, 1, 2] == 6.0
    with pytest.raises(BadRequest, match="position 3"):
        answer(Sources(d=dataset), FrameRequest("d", units=(4,), positions=(3,)))
    with pytest.raises(Changed):
        answer(Sources(d=dataset), FrameRequest("d", units=(4,), positions=(0,), guard="old"))
