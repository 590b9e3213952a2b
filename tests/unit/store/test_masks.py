"""Masks are kept on the movie's own group, in its coordinates, and come back exactly."""

from __future__ import annotations

import json
import os
import warnings

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest, Changed, DataError, DatasetNotFound, NotWritable
from minian_web.store import files
from minian_web.store.masks import ATTRIBUTE, Box, SavedMask, load_mask, read_mask, save_mask
from minian_web.store.movies import find_movies
from tests import stores

BOX = Box("cells", (4.0, 20.5), (10.0, 30.0))


@pytest.fixture(params=["v2", "v2 unconsolidated", "v3", "v3 consolidated"])
def movie(request, tmp_path):
    options = {
        "zarr_format": 3 if "v3" in request.param else 2,
        "consolidated": request.param in ("v2", "v3 consolidated"),
    }
    stores.v2(tmp_path, with_movies=True, **options)
    return found(tmp_path)


def found(folder, variable="varr"):
    movies, problems = find_movies(folder / "minian_intermediate")
    assert problems == []
    return next(movie for movie in movies if movie.array.name == variable)


def test_a_movie_has_no_mask_at_first(movie):
    assert read_mask(movie) is None
    with pytest.raises(DatasetNotFound, match="no mask was saved"):
        load_mask(movie.group)


def test_what_was_saved_is_read_again(movie, tmp_path):
    saved = save_mask(movie, [BOX, Box("vessel", (0.0, 3.0), (0.0, 3.0))], "cells")
    again = found(tmp_path)
    assert read_mask(again) == saved == SavedMask((BOX, Box("vessel", (0.0, 3.0), (0.0, 3.0))), "cells", ())
    save_mask(again, [Box("other", (1.0, 5.0), (2.0, 6.0))], "other")
    assert [box.name for box in read_mask(again).boxes] == ["other"]


def test_load_mask_is_what_a_notebook_selects_with(movie):
    save_mask(movie, [BOX], "cells")
    expected = {(): {"height": slice(4.0, 20.5), "width": slice(10.0, 30.0)}}
    for place in (movie.group, movie.array.path, movie.group.parent):
        assert load_mask(place) == expected
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = xr.open_zarr(movie.group)["varr"]
    cut = opened.sel(load_mask(movie.group)[()])
    assert cut["height"].values.tolist() == list(range(4, 21))
    assert cut["width"].values.tolist() == list(range(10, 31))


def test_the_key_of_a_merged_movie_comes_back_as_values(movie):
    save_mask(movie, [BOX], "cells", (("animal", "a1"), ("session", "s1")))
    assert list(load_mask(movie.group)) == [("a1", "s1")]


def test_xarray_sees_the_attribute_and_the_same_data_with_and_without_the_copy(movie):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = xr.open_zarr(movie.group).load()
        save_mask(movie, [BOX], "cells")
        for options in ({}, {"consolidated": False}):
            after = xr.open_zarr(movie.group, **options)
            xr.testing.assert_equal(after.load(), before)
            assert json.loads(after.attrs[ATTRIBUTE])["movies"]["varr"]["mask"] == "cells"


def test_the_guard_of_the_movie_stays(movie, tmp_path):
    save_mask(movie, [BOX], "cells")
    assert found(tmp_path).guard == movie.guard


def test_boxes_are_not_written_on_another_movie_than_they_were_drawn_on(movie, tmp_path):
    save_mask(movie, [BOX], "cells")
    (chunk, *_) = stores.chunk_files(movie.array.path)
    os.utime(chunk, ns=(1, 1))
    with pytest.raises(Changed, match="rewritten since it was opened"):
        save_mask(movie, [Box("other", (1.0, 5.0), (2.0, 6.0))], "other")
    assert read_mask(movie).mask == "cells"
    assert save_mask(found(tmp_path), [Box("other", (1.0, 5.0), (2.0, 6.0))], "other").mask == "other"


def test_a_box_drawn_backwards_or_over_the_edge_is_put_right(movie):
    saved = save_mask(movie, [Box("b", (30.0, 5.0), (-20.0, 1e6))], "b")
    high = float(movie.widths.max())
    assert saved.boxes[0] == Box("b", (5.0, 30.0), (-0.5, high + 0.5))


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (Box("b", (100.0, 200.0), (1.0, 5.0)), "height 100 to 200 lies outside of the image"),
        (Box("b", (1.0, 5.0), (-9.0, -2.0)), "width -9 to -2 lies outside"),
        (Box("b", (4.2, 4.2), (1.0, 5.0)), "between two pixels"),
        (Box("b", (float("nan"), 4.2), (1.0, 5.0)), "height runs from"),
        (Box("b", (1.0, float("inf")), (1.0, 5.0)), "runs from 1 to inf"),
    ],
)
def test_a_box_without_pixels_is_refused(movie, box, reason):
    with pytest.raises(BadRequest, match=reason):
        save_mask(movie, [box], "b")
    assert read_mask(movie) is None


def test_the_mask_must_be_one_of_distinct_boxes(movie):
    with pytest.raises(BadRequest, match="no box 'x' to be the mask, only cells"):
        save_mask(movie, [BOX], "x")
    with pytest.raises(BadRequest, match="none at all"):
        save_mask(movie, [], "x")
    with pytest.raises(BadRequest, match="names of their own"):
        save_mask(movie, [BOX, BOX], "cells")


def test_boxes_are_in_the_coordinates_of_the_movie(tmp_path):
    variables = {name: array.assign_coords(height=array["height"] * 2 + 100) for name, array in stores.movies().items()}
    stores.write_dataset(tmp_path / "minian_intermediate", variables)
    movie = found(tmp_path)
    saved = save_mask(movie, [Box("b", (104.0, 110.0), (3.0, 9.0))], "b")
    assert saved.boxes[0].height == (104.0, 110.0)
    with pytest.raises(BadRequest, match="outside of the image"):
        save_mask(movie, [Box("b", (4.0, 10.0), (3.0, 9.0))], "b")


def test_several_movies_with_different_masks_must_be_named(tmp_path):
    stores.v2(tmp_path, with_movies=True)
    save_mask(found(tmp_path), [BOX], "cells")
    save_mask(found(tmp_path, "Y_fm_chk"), [BOX], "cells")
    assert load_mask(tmp_path / "minian_intermediate")[()]["height"] == slice(4.0, 20.5)
    save_mask(found(tmp_path), [Box("b", (1.0, 5.0), (2.0, 6.0))], "b")
    with pytest.raises(BadRequest, match="several movies have masks"):
        load_mask(tmp_path / "minian_intermediate")
    assert load_mask(tmp_path / "minian_intermediate" / "varr.zarr")[()]["height"] == slice(1.0, 5.0)


@pytest.mark.parametrize("text", ["{", '{"version": 9}', '{"version": 1, "movies": {"varr": {}}}', "[]", "3"])
def test_an_attribute_that_is_not_ours_is_an_error_that_names_the_group(tmp_path, text):
    stores.v2(tmp_path, with_movies=True)
    movie = found(tmp_path)
    (movie.group / ".zattrs").write_text(json.dumps({ATTRIBUTE: text}))
    with pytest.raises(DataError, match=r"varr\.zarr"):
        read_mask(movie)


def test_a_movie_that_cannot_be_written_is_told(movie, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(files.os, "replace", refuse)
    with pytest.raises(NotWritable, match="Read-only"):
        save_mask(movie, [BOX], "cells")
    assert read_mask(movie) is None


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(DatasetNotFound, match="no such file"):
        load_mask(tmp_path / "nothing")


def test_numbers_of_numpy_are_taken(movie):
    saved = save_mask(movie, [Box("b", (np.float32(1), np.float64(5)), (np.int64(2), 6))], "b")
    assert read_mask(movie) == saved
