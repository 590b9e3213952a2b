from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from minian_web.errors import DataError
from minian_web.store.guard import guard_of
from tests.stores import chunk_files, v2, v3


@pytest.fixture(params=[v2, v3])
def array(request, tmp_path) -> Path:
    return request.param(tmp_path) / "A.zarr" / "A"


def later(path: Path) -> None:
    state = path.stat()
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))


def test_the_same_again(array):
    assert guard_of(array) == guard_of(array)
    assert len(guard_of(array)) == 32


def test_reading_changes_nothing(array):
    before = guard_of(array)
    for chunk in chunk_files(array):
        chunk.read_bytes()
    assert guard_of(array) == before


def change_time(array: Path) -> None:
    later(chunk_files(array)[0])


def change_size(array: Path) -> None:
    chunk = chunk_files(array)[0]
    state = chunk.stat()
    chunk.write_bytes(chunk.read_bytes() + b"0")
    os.utime(chunk, ns=(state.st_atime_ns, state.st_mtime_ns))


def change_name(array: Path) -> None:
    chunk = chunk_files(array)[0]
    chunk.rename(chunk.with_name(f"{chunk.name}0"))


def lose_a_chunk(array: Path) -> None:
    chunk_files(array)[-1].unlink()


def change_metadata(array: Path) -> None:
    document = next(path for path in (array / ".zattrs", array / "zarr.json") if path.exists())
    state = document.stat()
    text = document.read_text()
    document.write_text(text.replace("height", "heigth", 1))
    os.utime(document, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("change", [change_time, change_size, change_name, lose_a_chunk, change_metadata])
def test_any_change_of_the_array_shows(array, change):
    before = guard_of(array, array.parent / "unit_id")
    change(array)
    assert guard_of(array, array.parent / "unit_id") != before


def test_other_arrays_do_not_count(array):
    before = guard_of(array)
    later(chunk_files(array.parent / "height")[0])
    (array.parent / "unit_labels").mkdir()
    assert guard_of(array) == before


def test_a_copy_that_keeps_times_has_the_same_guard(array, tmp_path):
    copy = tmp_path / "copy" / "A"
    shutil.copytree(array, copy)
    assert guard_of(copy) == guard_of(array)


def test_a_single_file(tmp_path):
    path = tmp_path / "minian.nc"
    path.write_bytes(b"something")
    before = guard_of(path)
    later(path)
    assert guard_of(path) != before


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        guard_of(tmp_path / "nothing")
