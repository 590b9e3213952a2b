"""Nothing that a reviewer decided is lost on the way to the disk."""

import threading

import numpy as np
import pytest

from minian_web.errors import BadRequest, Changed, Conflict, DataError, NotWritable
from minian_web.jobs import Jobs
from minian_web.model.decisions import Decisions, applied
from minian_web.store import saver as module
from minian_web.store.saver import Saver, Wish


class Disk:
    """Stands for a curation: remembers what was made durable, and fails when told to."""

    def __init__(self):
        self.lines, self.arrays, self.writes = [], [], 0
        self.fail, self.fail_arrays = {}, []
        self.first = Decisions.from_labels(np.arange(6))
        self.gate = threading.Event()
        self.gate.set()

    def decisions(self, key=(), label_set="main"):
        now = self.first
        for kind, units in self.lines:
            now = applied(now, kind, units)
        return now

    def act(self, kind, units, *, reviewer, key, seen, label_set, note):
        assert (label_set, note) == ("main", "")
        assert self.gate.wait(10)
        errors = self.fail.get(units[0], [])
        if errors:
            raise errors.pop(0)
        self.lines.append((kind, units))

    def undo(self, *, reviewer, label_set):
        assert label_set == "main"
        self.lines.pop()

    def write_arrays(self):
        self.writes += 1
        if self.fail_arrays:
            raise self.fail_arrays.pop(0)
        self.arrays = list(self.lines)


class Desk:
    def __init__(self, jobs):
        self.disk, self.refused, self.seen = Disk(), [], []
        self.settled = threading.Event()
        self.saver = Saver(self.disk, jobs)
        self.saver.subscribe(self.changed)

    def changed(self):
        status = self.saver.status
        self.seen.append(status)
        if status == "saved":
            self.settled.set()

    def discard(self, unit, page="page"):
        self.settled.clear()
        self.saver.submit(Wish("discard", "ann", self.refused.append, units=(unit,), page=page))

    def wait(self):
        assert self.settled.wait(10), (self.saver.status, self.saver.reason)

    def units(self):
        return [units[0] for _, units in self.disk.lines]


@pytest.fixture
def jobs():
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.fixture
def desk(jobs, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    return Desk(jobs)


def test_decisions_arrive_in_order_and_the_arrays_once_for_a_burst(desk):
    for _ in range(40):
        for unit in range(5):
            desk.discard(unit)
    desk.wait()
    assert desk.units() == [0, 1, 2, 3, 4] * 40
    assert desk.disk.arrays == desk.disk.lines
    assert desk.disk.writes < 200
    assert desk.saver.pending == 0


@pytest.mark.parametrize("error", [NotWritable("no space left"), OSError("stale handle")])
def test_a_disk_that_refuses_keeps_the_action_and_it_is_tried_again(desk, error):
    desk.disk.fail[3] = [error, error]
    desk.discard(3)
    desk.wait()
    assert desk.units() == [3]
    assert "waiting" in desk.seen
    assert desk.refused == []
    assert desk.saver.reason == ""


@pytest.mark.parametrize("error", [OSError("stale handle"), DataError("A.zarr", "labels", "none")])
def test_arrays_that_fail_are_written_later_and_nothing_is_acted_twice_or_dropped(desk, error):
    desk.disk.fail_arrays = [error]
    desk.discard(1)
    desk.discard(2)
    desk.wait()
    assert desk.units() == [1, 2]
    assert desk.disk.arrays == desk.disk.lines
    assert desk.refused == []


def test_what_was_decided_in_view_of_a_refused_action_is_not_done(desk):
    desk.disk.fail[1] = [Conflict("unit 1 is merged by now")]
    desk.disk.gate.clear()
    desk.discard(1, page="mine")
    desk.discard(2, page="mine")
    desk.discard(3, page="theirs")
    desk.disk.gate.set()
    desk.wait()
    assert [str(error) for error in desk.refused] == ["unit 1 is merged by now"]
    assert desk.units() == [3]


def test_an_unexpected_error_is_told_not_swallowed(desk):
    desk.disk.fail[4] = [KeyError("bug")]
    desk.discard(4)
    desk.wait()
    assert "KeyError" in str(desk.refused[0])


def test_cells_rewritten_by_the_pipeline_end_the_writing_not_the_log(desk):
    desk.disk.fail_arrays = [Changed("A was rewritten")]
    desk.discard(1)
    desk.wait()
    assert desk.units() == [1]
    assert desk.disk.arrays == []


def test_a_page_opened_meanwhile_sees_what_is_still_on_its_way(desk):
    desk.disk.gate.clear()
    desk.discard(5)
    assert desk.saver.status == "saving"
    assert desk.saver.shown(()).of(5).status == "discarded"
    assert desk.disk.decisions().of(5).status == "undecided"
    desk.disk.gate.set()
    desk.wait()
    assert desk.saver.shown(()).of(5).status == "discarded"


def test_what_cannot_be_foreseen_is_left_out_of_what_is_shown(desk):
    desk.disk.fail[7] = [BadRequest("no unit 7")]
    desk.disk.gate.clear()
    desk.discard(7)
    assert desk.saver.shown(()).counts()["discarded"] == 0
    desk.disk.gate.set()
    desk.wait()


def test_listeners_end(desk):
    told = []
    end = desk.saver.subscribe(lambda: told.append(1))
    end()
    end()
    desk.discard(1)
    desk.wait()
    assert told == []
