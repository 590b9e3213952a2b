"""Single files are replaced whole or not at all, and keep the access rights of their surroundings."""

from __future__ import annotations

import errno
import os

import pytest

from minian_web.errors import Changed, NotWritable
from minian_web.store import appends, files
from minian_web.store.appends import append, extent_of


def test_a_file_is_made_with_its_folder_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    files.replace_file(path, b"one", tmp_path)
    files.replace_file(path, b"two", tmp_path)
    assert path.read_bytes() == b"two"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a"]


def test_content_is_durable_before_it_is_moved_and_the_folder_after(tmp_path, monkeypatch):
    calls = []
    sync, replace = os.fsync, os.replace

    def watched_sync(descriptor):
        calls.append("file" if os.path.isfile(f"/proc/self/fd/{descriptor}") else "folder")
        sync(descriptor)

    def watched_replace(*args):
        calls.append("replace")
        replace(*args)

    monkeypatch.setattr(files.os, "fsync", watched_sync)
    monkeypatch.setattr(files.os, "replace", watched_replace)
    files.replace_file(tmp_path / "file", b"x", tmp_path)
    assert calls == ["file", "replace", "folder"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_refusal_leaves_the_old_content_and_no_temporary_file(tmp_path, monkeypatch, number, call):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(files.os, call, refuse)
        with pytest.raises(NotWritable, match=f"file: cannot be written .{os.strerror(number)}"):
            files.replace_file(path, b"new", tmp_path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_modes_are_kept_and_taken_from_a_model(tmp_path):
    path, model = tmp_path / "file", tmp_path / "model"
    model.write_bytes(b"")
    model.chmod(0o664)
    files.replace_file(path, b"x", tmp_path, like=model)
    assert path.stat().st_mode & 0o777 == 0o664
    path.chmod(0o640)
    files.replace_file(path, b"y", tmp_path, like=model)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files to any group")
def test_the_group_is_kept(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    os.chown(path, -1, 4321)
    files.replace_file(path, b"y", tmp_path)
    assert path.stat().st_gid == 4321


def test_sweep_takes_only_old_leftovers_of_ours(tmp_path):
    for name in (".minian-web-1-0.tmp", ".minian-web-2-0.tmp", "data.tmp"):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, 0))
    os.utime(tmp_path / ".minian-web-2-0.tmp")
    assert files.sweep(tmp_path) == [tmp_path / ".minian-web-1-0.tmp"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".minian-web-2-0.tmp", "data.tmp"]


def test_removing_what_is_not_there_is_no_error(tmp_path):
    files.unlink_file(tmp_path / "nothing" / "here")


def test_append_knows_its_file(tmp_path):
    path = tmp_path / "log"
    first = append(path, b"one\n", None, 0)
    assert first == extent_of(path)
    second = append(path, b"two\n", first, first.size)
    assert path.read_bytes() == b"one\ntwo\n"
    with pytest.raises(Changed, match="has written to it meanwhile"):
        append(path, b"three\n", first, first.size)
    with pytest.raises(Changed, match="made it meanwhile"):
        append(path, b"three\n", None, 0)
    path.rename(tmp_path / "aside")
    with pytest.raises(Changed, match="removed it meanwhile"):
        append(path, b"three\n", second, second.size)
    path.write_bytes(b"one\ntwo\n")
    with pytest.raises(Changed):
        append(path, b"three\n", second, second.size)
    assert path.read_bytes() == b"one\ntwo\n"


def test_append_cuts_off_what_does_not_count(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"one\ntw")
    append(path, b"two\n", extent_of(path), 4)
    assert path.read_bytes() == b"one\ntwo\n"


def test_append_that_fails_half_way_takes_it_back(tmp_path, monkeypatch):
    path = tmp_path / "log"
    extent = append(path, b"one\n", None, 0)
    write = os.write

    def half(descriptor, data):
        if len(data) <= 2:
            raise OSError(errno.ENOSPC, "full")
        return write(descriptor, bytes(data)[:2])

    with monkeypatch.context() as patched:
        patched.setattr(appends.os, "write", half)
        with pytest.raises(NotWritable, match="No space"):
            append(path, b"two\n", extent, extent.size)
    assert path.read_bytes() == b"one\n"
    assert extent_of(path) == extent
