from __future__ import annotations

import os
import stat

import numpy as np
import pytest

from minian_web.store.cache import Cache

ARRAYS = {"a": np.arange(5), "b": np.array([[np.nan, 1.5]], np.float32), "text": np.array("µm")}


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


def test_there_and_back(cache):
    cache.put("kind", "guard", ARRAYS)
    found = cache.get("kind", "guard")
    assert found is not None
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_kind_and_guard_tell_apart(cache):
    cache.put("kind", "guard", ARRAYS)
    assert cache.get("other", "guard") is None
    assert cache.get("kind", "guard2") is None
    assert cache.get("kind", "../../guard") is None


def test_json(cache):
    assert cache.get_json("kind", "guard") is None
    cache.put_json("kind", "guard", {"a": [1, None, "µ"]})
    assert cache.get_json("kind", "guard") == {"a": [1, None, "µ"]}


def test_without_a_folder_nothing_is_kept():
    cache = Cache(None)
    cache.put("kind", "guard", ARRAYS)
    assert cache.get("kind", "guard") is None


@pytest.mark.parametrize("damage", [lambda data: data[:-30], lambda data: b"", lambda data: b"x" * 99, "flip"])
def test_a_damaged_entry_is_a_miss_and_goes(cache, damage):
    cache.put("kind", "guard", {"a": np.arange(1000)})
    (path,) = cache.folder.glob("*.npz")
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 255
    path.write_bytes(bytes(data) if damage == "flip" else damage(bytes(data)))
    assert cache.get("kind", "guard") is None
    assert not path.exists()
    cache.put("kind", "guard", ARRAYS)
    assert cache.get("kind", "guard") is not None


def test_those_not_used_for_longest_go_first(tmp_path):
    cache = Cache(tmp_path, limit=20_000)
    for number, time in enumerate((300, 100, 200)):
        before = set(tmp_path.iterdir())
        cache.put("kind", str(number), {"a": np.zeros(500)})
        (new,) = set(tmp_path.iterdir()) - before
        os.utime(new, (time, time))
    cache.put("kind", "3", {"a": np.zeros(1500)})
    assert [cache.get("kind", str(number)) is not None for number in range(4)] == [True, False, False, True]


def test_pickles_are_not_read(cache):
    cache.folder.mkdir()
    cache.put("kind", "guard", ARRAYS)
    (path,) = cache.folder.glob("*.npz")
    np.savez(path, a=np.array([{"x": 1}], object))
    assert cache.get("kind", "guard") is None


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    cache = Cache(tmp_path / "cache")
    cache.put("kind", "guard", ARRAYS)
    assert cache.get("kind", "guard") is None


def test_a_folder_that_is_a_file_is_no_error(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    cache = Cache(tmp_path / "cache")
    cache.put("kind", "guard", ARRAYS)
    assert cache.get("kind", "guard") is None


def test_no_temporary_files_stay(cache):
    cache.put("kind", "guard", ARRAYS)
    assert [path.suffix for path in cache.folder.iterdir()] == [".npz"]
