"""Nothing that a reviewer decided is lost on the way to the disk."""

import threading

import pytest

from minian_web.errors import BadRequest, Conflict, NotWritable
from minian_web.jobs import Jobs
from minian_web.state import saver as module
from minian_web.state.saver import Saver


class Disk:
    """Stands for a curation: remembers what was made durable, and fails when told to."""

    def __init__(self):
        self.lines, self.arrays, self.writes = [], [], 0
        self.fail_act, self.fail_arrays = [], []

    def act(self, what):
        if self.fail_act and self.fail_act[0]:
            raise self.fail_act.pop(0)
        self.lines.append(what)

    def write_arrays(self):
        self.writes += 1
        if self.fail_arrays:
            raise self.fail_arrays.pop(0)
        self.arrays = list(self.lines)


@pytest.fixture
def jobs():
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.fixture
def desk(jobs, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)

    class Desk:
        disk, refused, seen = Disk(), [], []
        settled = threading.Event()

        def changed(self):
            self.seen.append(self.saver.status)
            if self.saver.status == "saved":
                self.settled.set()

        def decide(self, what):
            self.settled.clear()
            self.saver.submit(lambda disk: disk.act(what))

        def wait(self):
            assert self.settled.wait(10), (self.saver.status, self.saver.reason)

    desk = Desk()
    desk.disk, desk.refused, desk.seen = Disk(), [], []
    desk.saver = Saver(
        desk.disk, jobs, deliver=lambda callback: callback(), changed=desk.changed, refused=desk.refused.append
    )
    return desk


def test_decisions_arrive_in_order(desk):
    for number in range(20):
        desk.decide(number)
    desk.wait()
    assert desk.disk.lines == list(range(20))
    assert desk.disk.arrays == list(range(20))
    assert desk.saver.pending == 0


def test_arrays_are_written_once_for_a_burst(desk):
    for number in range(200):
        desk.decide(number)
    desk.wait()
    assert desk.disk.arrays == list(range(200))
    assert desk.disk.writes < 200


def test_a_full_disk_keeps_the_action_and_tries_again(desk):
    desk.disk.fail_act = [NotWritable("no space left"), NotWritable("no space left")]
    desk.decide("merge")
    desk.wait()
    assert desk.disk.arrays == ["merge"]
    assert "waiting" in desk.seen
    assert desk.refused == []
    assert desk.saver.reason == ""


def test_arrays_that_fail_are_written_later_and_nothing_is_acted_twice(desk):
    desk.disk.fail_arrays = [OSError("stale handle")]
    desk.decide("keep")
    desk.wait()
    assert desk.disk.lines == ["keep"]
    assert desk.disk.arrays == ["keep"]


def test_a_refused_action_is_told_and_the_others_go_on(desk):
    desk.disk.fail_act = [None]
    desk.disk.fail_act = [Conflict("somebody else has merged unit 3")]
    desk.decide("first")
    desk.decide("second")
    desk.wait()
    assert [str(error) for error in desk.refused] == ["somebody else has merged unit 3"]
    assert desk.disk.arrays == ["second"]


def test_an_unexpected_error_is_told_not_swallowed(desk):
    desk.disk.fail_act = [BadRequest("unit 99 is not there")]
    desk.decide("keep 99")
    desk.wait()
    assert desk.refused
    assert desk.disk.lines == []
