"""kill -9 at random moments: nothing that was reported as saved is lost, and all arrays agree after completion."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from minian_web.store import pending
from minian_web.store.completion import complete_unfinished
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from tests import stores
from tests.unit.store.minian_opens import labels_of, open_minian

ROOT = Path(__file__).parents[3]
KILLS = 24


def write_until_killed(path, state_dir, seed):
    """Let a process act; kill it after a random while; what it reported."""
    command = [sys.executable, "-m", "tests.unit.store.killed_writer", str(path), str(state_dir), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(random.Random(seed).uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    return told(said)


def told(said):
    """Ids of the lines reported as saved, without one cut short by the kill."""
    lines = said.splitlines(keepends=True)
    return [line.split()[1] for line in lines if line.startswith("saved") and line.endswith("\n")]


def forked_until_killed(path, state_dir, seed):
    """The same without starting Python anew: a fork of this process acts and is killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # never returns into pytest
        os.dup2(writing, 1)
        sys.stdout = os.fdopen(1, "w", buffering=1)
        try:
            from tests.unit.store.killed_writer import main

            main(path, state_dir, seed)
        finally:
            os._exit(3)
    os.close(writing)
    with os.fdopen(reading) as output:
        assert output.readline() == "ready\n"
        time.sleep(random.Random(seed).uniform(0.0, 0.25))
        os.kill(child, signal.SIGKILL)
        said = output.read()
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return [
        line.split()[1] for line in said.splitlines(keepends=True) if line.startswith("saved") and line.endswith("\n")
    ]


def test_kills_at_random_moments_lose_nothing(tmp_path):
    path, state_dir, saved = stores.v2(tmp_path), tmp_path / "state", []
    for name in ("b", "b0", "c0", "f", "motion", "YrA"):
        shutil.rmtree(path / f"{name}.zarr")
    torn = 0
    for kill in range(KILLS):
        saved += forked_until_killed(path, state_dir, kill) if kill else write_until_killed(path, state_dir, kill)
        torn_labels = labels_of(open_minian(path))  # minian can read it as it is
        assert torn_labels is None or len(torn_labels) == len(open_dataset(path).unit_ids())
        marked = pending.marked(state_dir)
        completed = complete_unfinished(state_dir)
        assert [one.problem for one in completed] == [""] * len(marked)
        if not marked and not saved:
            continue  # killed before the first action was durable
        assert pending.marked(state_dir) == []
        curation = open_curation(open_dataset(path, "r/minian"), state_dir=state_dir)
        torn += torn_labels != labels_of(open_minian(path))
        assert set(saved) <= {line.id for line in curation.history()}
        decided = curation.decisions()
        expected = dict(zip(decided.unit_ids.tolist(), decided.labels().tolist(), strict=True))
        assert labels_of(open_minian(path)) == labels_of(open_minian(path, consolidated=False)) == expected
        assert not {line.kind for line in curation.history()} & {"external", "import"}
    assert len(saved) > KILLS  # it was killed in the middle of work, not before
    assert torn  # and some of the kills hit a write
