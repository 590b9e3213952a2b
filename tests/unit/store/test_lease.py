"""One writer per root: two processes, takeover after kill -9, release, places where a lease cannot lie in the root."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minian_web.errors import NotWritable
from minian_web.store import files, lease
from minian_web.store.lease import NAME, Lease
from tests import stores

HOLD = """
import sys, time
from pathlib import Path
from minian_web.store.lease import Lease
lease = Lease(Path(sys.argv[1]), Path(sys.argv[2]))
print(lease.acquire(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def state_dir(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def other_process(root, state_dir):
    command = [sys.executable, "-c", HOLD, str(root), str(state_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        if process.poll() is None:
            process.kill()


def test_the_first_one_has_it_until_it_is_released(root, state_dir):
    one, two = Lease(root, state_dir), Lease(root, state_dir)
    assert one.holder() == ""
    assert one.acquire()
    assert one.acquire()
    assert one.held
    assert not two.acquire()
    assert not two.held
    one.release()
    assert not (root / NAME).exists()
    with two:
        assert two.held
        assert not one.acquire()
    assert one.holder() == ""


def test_the_holder_is_named(root, state_dir):
    one, two = Lease(root, state_dir), Lease(root, state_dir)
    with one:
        assert f"pid {os.getpid()}, " in two.holder()
        assert "on host " in two.holder()
        assert "UTC" in two.holder()


def test_another_process_is_respected_while_it_lives(root, state_dir, other_process):
    mine = Lease(root, state_dir)
    assert not mine.acquire()
    assert f"pid {other_process.pid}" in mine.holder()


def test_a_process_that_ends_gives_it_back(root, state_dir, other_process):
    other_process.communicate("\n", timeout=30)
    assert not (root / NAME).exists()
    with Lease(root, state_dir) as mine:
        assert mine.held


def test_after_kill_9_it_is_free_at_once_on_the_same_computer(root, state_dir, other_process):
    other_process.send_signal(signal.SIGKILL)
    other_process.wait(30)
    assert (root / NAME).exists()
    begun = time.monotonic()
    with Lease(root, state_dir) as mine:
        assert mine.held
        assert time.monotonic() - begun < 5


def _elsewhere(path, **changes):
    """The lease of a process on another computer."""
    content = json.loads(path.read_text()) if path.exists() else {}
    blank = dict.fromkeys(("token", "host", "boot", "space", "born", "user", "command", "since"), "x")
    path.write_text(json.dumps({**blank, "pid": 1, **content, "host": "elsewhere", "token": "theirs", **changes}))


def test_on_another_computer_it_is_free_after_it_was_not_renewed(root, state_dir):
    _elsewhere(root / NAME)
    mine = Lease(root, state_dir)
    assert not mine.acquire()
    assert "host elsewhere" in mine.holder()
    old = time.time() - 31
    os.utime(root / NAME, (old, old))
    assert mine.holder() == ""
    with mine:
        assert mine.held


def test_a_process_number_taken_anew_does_not_keep_it(root, state_dir):
    with Lease(root, state_dir):
        content = (root / NAME).read_text()
    (root / NAME).write_text(json.dumps({**json.loads(content), "token": "theirs", "born": "1"}))
    with Lease(root, state_dir) as mine:
        assert mine.held


def test_a_process_in_another_container_is_not_declared_dead(root, state_dir):
    with Lease(root, state_dir):
        content = (root / NAME).read_text()
    (root / NAME).write_text(json.dumps({**json.loads(content), "token": "theirs", "pid": 999_999, "space": "pid:[7]"}))
    assert not Lease(root, state_dir).acquire()


def test_it_is_renewed_while_it_is_held(root, state_dir):
    with Lease(root, state_dir, stale=2.0, renew=0.05):
        old = time.time() - 100
        os.utime(root / NAME, (old, old))
        deadline = time.monotonic() + 20
        while time.time() - (root / NAME).stat().st_mtime > 50:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert not Lease(root, state_dir, stale=2.0).acquire()


def test_who_lost_it_while_asleep_knows_at_once(root, state_dir):
    mine = Lease(root, state_dir)
    assert mine.acquire()
    _elsewhere(root / NAME)
    assert not mine.held
    assert not mine.acquire()
    mine.release()
    assert json.loads((root / NAME).read_text())["token"] == "theirs"


def test_a_lease_that_cannot_be_read_counts_while_it_is_fresh(root, state_dir):
    (root / NAME).write_text("{")
    mine = Lease(root, state_dir)
    assert not mine.acquire()
    assert "cannot be read" in mine.holder()
    os.utime(root / NAME, (0, 0))
    assert mine.acquire()
    mine.release()


def test_a_lease_of_a_folder_above_counts(root, state_dir):
    inside = root / "animal1"
    inside.mkdir()
    with Lease(root, state_dir) as outer:
        inner = Lease(inside, state_dir)
        assert not inner.acquire()
        assert inner.holder() == outer.holder()
    with inner:
        assert "pid" in outer.other_inside(inside / "session1")
    assert outer.other_inside(inside) == ""


@pytest.mark.parametrize("make", [stores.one_group, stores.netcdf])
def test_it_lies_beside_a_single_group_or_file(make, tmp_path, state_dir):
    path = make(tmp_path)
    with Lease(path, state_dir) as mine:
        assert mine.path == tmp_path / f".{path.name}{NAME}"
        assert mine.path.exists()
        assert not Lease(path, state_dir).acquire()


def test_it_is_a_plain_file_in_a_dataset_that_minian_ignores(tmp_path, state_dir):
    path = stores.v2(tmp_path)
    with Lease(path, state_dir) as mine:
        assert mine.path == path / NAME
        assert mine.path.is_file()


def test_it_lies_in_the_state_directory_when_the_root_is_read_only(root, state_dir, monkeypatch):
    monkeypatch.setattr(files, "can_write", lambda folder: not folder.is_relative_to(root))
    with Lease(root, state_dir) as mine:
        assert mine.path.parent == state_dir / "leases"
        assert not Lease(root, state_dir).acquire()
    assert list(root.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(root, state_dir, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(lease.os, "open", refuse)
    with pytest.raises(NotWritable, match=r"minian-web\.lease: cannot be written"):
        Lease(root, state_dir).acquire()


def test_nothing_is_left_behind(root, state_dir):
    with Lease(root, state_dir):
        Lease(root, state_dir).acquire()
    assert list(Path(root).iterdir()) == []
