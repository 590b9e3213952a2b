"""Callbacks reach a page in order, none before the browser has it, none after it was left."""

import threading
from types import SimpleNamespace

import pytest

from minian_web.view.delivery import Delivery


class Document:
    """Stands for Bokeh's: keeps what is to run next."""

    session_context = object()

    def __init__(self):
        self.next = []

    def add_next_tick_callback(self, callback):
        self.next.append(callback)

    def turn(self):
        callbacks, self.next = self.next, []
        for callback in callbacks:
            callback()


@pytest.fixture
def document():
    return Document()


@pytest.fixture
def failures():
    return []


@pytest.fixture
def deliver(document, failures):
    return Delivery(document, failures.append)


def test_nothing_is_changed_while_the_browser_fetches_the_page(deliver, document):
    ran = []
    deliver(lambda: ran.append("early"))
    document.turn()
    assert ran == []
    deliver.begin()
    deliver(lambda: ran.append("late"))
    document.turn()
    assert ran == ["early", "late"]


def test_what_comes_while_the_page_is_built_is_part_of_it(deliver):
    ran = []
    threading.Timer(0.02, lambda: deliver(lambda: ran.append("opened"))).start()
    deliver.settle(lambda: bool(ran), 5.0)
    assert ran == ["opened"]


def test_settling_gives_up_and_loses_nothing(deliver, document):
    ran = []
    deliver.settle(lambda: False, 0.01)
    deliver(lambda: ran.append("later"))
    deliver.begin()
    document.turn()
    assert ran == ["later"]


def test_a_failure_is_told_and_the_rest_goes_on(deliver, document, failures):
    ran = []
    deliver(lambda: 1 / 0)
    deliver(lambda: ran.append("next"))
    deliver.begin()
    document.turn()
    assert ran == ["next"]
    assert [type(failure) for failure in failures] == [ZeroDivisionError]


def test_after_a_page_was_left_nothing_runs(deliver, document):
    ran = []
    deliver.begin()
    deliver(lambda: ran.append("late"))
    deliver.end()
    deliver(lambda: ran.append("after"))
    document.turn()
    assert ran == []


def test_a_document_whose_session_is_gone_is_left_alone(failures):
    deliver = Delivery(SimpleNamespace(session_context=None), failures.append)
    deliver.begin()
    deliver(lambda: failures.append("ran"))
    assert failures == []


def test_many_threads_keep_their_own_order(deliver, document):
    ran = []

    def send(thread):
        for number in range(50):
            deliver(lambda number=number: ran.append((thread, number)))

    threads = [threading.Thread(target=send, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    deliver.begin()
    for thread in threads:
        thread.join()
    document.turn()
    assert len(ran) == 150
    assert all([n for who, n in ran if who == name] == list(range(50)) for name in "abc")
