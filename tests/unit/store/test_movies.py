from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from minian_web.store.layout import write_dataset
from minian_web.store.movies import find_movies, has_movies, labelled, movie_names
from minian_web.store.zarrs import read
from tests import stores
from tests.paths import ANIMAL1


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_dataset(tmp_path / "minian_intermediate", stores.movies())


def test_movies_of_a_folder(folder):
    movies, problems = find_movies(folder)
    assert not problems
    assert [movie.name for movie in movies] == ["minian_intermediate/Y_fm_chk", "minian_intermediate/varr"]
    for movie in movies:
        array = stores.movies()[movie.variable]
        assert (movie.n_frames, movie.height, movie.width) == array.shape
        assert movie.dtype == array.dtype
        np.testing.assert_array_equal(read(movie.array, (slice(5, 9),)), array.values[5:9])
        for ours, dim in ((movie.frames, "frame"), (movie.heights, "height"), (movie.widths, "width")):
            np.testing.assert_array_equal(ours, array[dim].values)
    assert movie_names(folder) == [movie.name for movie in movies]


def test_of_zarr_v3_and_of_one_group(tmp_path):
    for number, options in enumerate(({"zarr_format": 3}, {"form": "group"}, {"form": "group", "zarr_format": 3})):
        folder = write_dataset(tmp_path / f"{number}.zarr", stores.movies(), **options)
        movies, problems = find_movies(folder)
        assert [movie.variable for movie in movies] == ["Y_fm_chk", "varr"]
        assert not problems


def test_results_and_pixel_traces_are_no_movies():
    movies, problems = find_movies(ANIMAL1 / "session1" / "minian_intermediate")
    assert not problems
    assert movies
    assert not {"Y_hw_chk", "A", "YrA"} & {movie.variable for movie in movies}


def test_pixel_traces_are_never_offered(folder):
    array = stores.movies()["Y_fm_chk"].rename("Y_hw_chk")
    write_dataset(folder.parent / "more", {"Y_hw_chk": array})
    assert find_movies(folder.parent / "more") == ([], [])
    assert not has_movies(folder.parent / "more")


def test_stale_metadata_do_not_matter(tmp_path):
    stores.stale_metadata(tmp_path, raises=True)
    movies, problems = find_movies(tmp_path / "minian_intermediate")
    assert not problems
    np.testing.assert_array_equal(read(movies[1].array), stores.movies()["varr"].values)


def test_broken_movies_are_told_and_spare_the_others(folder):
    shutil.rmtree(folder / "varr.zarr" / "frame")
    movies, (problem,) = find_movies(folder)
    assert [movie.variable for movie in movies] == ["Y_fm_chk"]
    assert "a variable with the coordinate frame" in problem
    assert "varr.zarr/varr" in problem


def test_broken_metadata_are_told(folder):
    document = folder / "varr.zarr" / "varr" / ".zarray"
    document.write_text(document.read_text()[:30])
    assert str(document) in find_movies(folder)[1][0]


def test_dimensions_in_another_order_are_refused(folder):
    write_dataset(folder.parent / "other", {"varr": stores.movies()["varr"].transpose("height", "width", "frame")})
    movies, (problem,) = find_movies(folder.parent / "other")
    assert movies == []
    assert "expected dimensions frame, height, width, found dimensions height, width, frame" in problem


def test_the_guard_speaks_of_the_movie_alone(folder):
    (_, before), _ = find_movies(folder)
    attributes = folder / "varr.zarr" / ".zattrs"
    attributes.write_text(json.dumps({"minian_web_mask": {}}))
    (_, after), _ = find_movies(folder)
    assert after.guard == before.guard
    chunk = stores.chunk_files(folder / "varr.zarr" / "varr")[0]
    chunk.write_bytes(chunk.read_bytes())
    (_, rewritten), _ = find_movies(folder)
    assert rewritten.guard != before.guard


def test_nothing_to_look_into(tmp_path):
    assert find_movies(tmp_path / "nothing") == ([], [])
    assert find_movies(tmp_path) == ([], [])


def test_labels_of_folders_are_unique():
    paths = [Path(text) for text in ("/d/a/s1/inter", "/d/a/inter", "/d/b/inter", "/d/a/s1/minian", "/d/a/inter")]
    assert labelled(paths) == [
        ("s1/inter", paths[0]),
        ("a/inter", paths[1]),
        ("b/inter", paths[2]),
        ("minian", paths[3]),
    ]
