"""Arrays of a notebook as movies."""

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.store.frames import Frames
from minian_web.store.held import held_movies


def movie(name=None, frames=10, height=6, width=8, start=0, dtype="float32"):
    values = np.arange(frames * height * width, dtype=dtype).reshape(frames, height, width) + start
    coords = {"frame": np.arange(frames) * 2, "height": np.arange(height) + 3, "width": np.arange(width)}
    return xr.DataArray(values, dims=("frame", "height", "width"), coords=coords, name=name)


def test_one_array():
    (one,) = held_movies(movie("varr"))
    assert (one.name, one.key, one.place) == ("varr", (), ())
    assert (one.n_frames, one.height, one.width, one.chunk) == (10, 6, 8, 1)
    assert list(one.frames[:3]) == [0, 2, 4]
    np.testing.assert_array_equal(one.read(slice(2, 4)), movie().values[2:4])
    np.testing.assert_array_equal(one.read(3), movie().values[3])


def test_lazy_arrays_are_read_by_chunks_and_transposed():
    lazy = movie("m").chunk({"frame": 4}).transpose("width", "height", "frame")
    (one,) = held_movies(lazy)
    assert one.chunk == 4
    assert isinstance(one.array.data, da.Array)
    np.testing.assert_array_equal(one.read(5), movie().values[5])


def test_a_list_is_told_apart_by_names_and_not_altered():
    given = [movie("a"), movie("b", start=5)]
    before = [one.copy(deep=True) for one in given]
    found = held_movies(given)
    assert [one.place for one in found] == [("a",), ("b",)]
    assert [one.key for one in found] == [(("data_var", "a"),), (("data_var", "b"),)]
    for one, other in zip(given, before, strict=True):
        xr.testing.assert_identical(one, other)


@pytest.mark.parametrize("names", [(None, "b"), ("a", "a")])
def test_names_that_are_missing_or_equal(names):
    with pytest.raises(BadRequest, match=str(names[1])):
        held_movies([movie(name) for name in names])


@pytest.mark.parametrize("wrong", [np.zeros((3, 4, 5)), "movie", (1,), [np.zeros((3, 4, 5))]])
def test_anything_else_is_not_implemented(wrong):
    with pytest.raises(NotImplementedError, match="DataArray"):
        held_movies(wrong)


def test_a_merged_dataset_shows_only_what_belongs_to_each_session():
    sessions = [movie("m", 10, 6, 8), movie("m", 7, 5, 8, start=1000)]
    merged = xr.concat(sessions, "session", join="outer").assign_coords(session=[1, 2])
    found = held_movies(merged.to_dataset(), ["session"])
    assert [one.place for one in found] == [(1,), (2,)]
    assert [(one.n_frames, one.height, one.width) for one in found] == [(10, 6, 8), (7, 5, 8)]
    np.testing.assert_array_equal(found[1].read(slice(0, 7)), sessions[1].values)


def test_dimensions_that_are_not_told():
    with pytest.raises(BadRequest, match="session"):
        held_movies(xr.concat([movie("m"), movie("m")], "session").to_dataset())
    with pytest.raises(BadRequest, match="no dimension day"):
        held_movies(movie("m").to_dataset(), ["day"])
    with pytest.raises(BadRequest, match="no variable"):
        held_movies(movie("m").isel(frame=0).to_dataset())


def test_frames_of_two_arrays_are_kept_apart():
    frames, (one,), (other,) = Frames(2**20), held_movies(movie("m")), held_movies(movie("m", start=400))
    assert frames.range_of(one) != frames.range_of(other)
    assert not np.array_equal(frames.read(one, [0], 0, 1000), frames.read(other, [0], 0, 1000))
