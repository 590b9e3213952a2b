"""Background work."""

import threading
import time

import pytest

from minian_web.errors import BadRequest
from minian_web.jobs import Jobs


@pytest.fixture
def jobs():
    jobs = Jobs()
    yield jobs
    jobs.close()


def test_result_failure_and_progress_are_delivered(jobs):
    told, delivered = [], []

    def deliver(callback):
        delivered.append(1)
        callback()

    def work(tick):
        tick(0.5, "half")
        return 42

    jobs.run(
        work, done=told.append, failed=told.append, progress=lambda *what: told.append(what), deliver=deliver
    ).wait(5)
    assert told == [(0.5, "half"), 42]
    assert len(delivered) == 2

    def fail(_tick):
        raise BadRequest("no")

    jobs.run(fail, done=told.append, failed=lambda error: told.append(str(error))).wait(5)
    assert told[-1] == "no"


def test_after_a_cancel_nothing_is_told(jobs):
    told, go, began = [], threading.Event(), threading.Event()

    def work(tick):
        began.set()
        go.wait(5)
        tick(1.0)
        told.append("went on")

    job = jobs.run(work, done=told.append, failed=told.append, progress=told.append)
    assert began.wait(5)
    job.cancel()
    go.set()
    job.wait(5)
    assert told == []


def test_short_work_does_not_wait_for_long_work(jobs):
    go, told = threading.Event(), []
    for _ in range(4):
        jobs.run(lambda _tick: go.wait(10), done=lambda _: None, failed=told.append)
    jobs.run(lambda _tick: 1, done=told.append, failed=told.append, short=True).wait(5)
    go.set()
    assert told == [1]


def test_work_can_begin_later_without_holding_a_thread(jobs):
    told, start = [], time.monotonic()
    later = [
        jobs.run(lambda _tick: time.monotonic(), done=told.append, failed=told.append, short=True, after=0.3)
        for _ in range(20)
    ]
    jobs.run(lambda _tick: "now", done=told.append, failed=told.append, short=True).wait(5)
    assert told == ["now"]
    for job in later:
        job.wait(5)
    assert min(told[1:]) - start >= 0.3


def test_work_that_was_to_begin_later_ends_with_the_jobs():
    jobs, told = Jobs(), []
    jobs.run(lambda _tick: 1, done=told.append, failed=told.append, after=0.05)
    jobs.close()
    time.sleep(0.2)
    assert told == []
