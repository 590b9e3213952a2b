"""Values that several sessions share."""

from __future__ import annotations

import threading

from minian_web.shared import Shared


def test_a_value_is_made_once_however_many_ask_at_the_same_time():
    shared, made, gate = Shared(), [], threading.Event()

    def make():
        gate.wait(5)
        made.append(1)
        return object()

    values = []
    threads = [threading.Thread(target=lambda: values.append(shared.get("a", make, lambda _: True))) for _ in range(8)]
    for one in threads:
        one.start()
    gate.set()
    for one in threads:
        one.join()
    assert made == [1]
    assert len(set(map(id, values))) == 1


def test_a_value_that_no_longer_holds_is_made_anew():
    shared, numbers = Shared(), iter(range(9))
    assert [shared.get("a", lambda: next(numbers), lambda kept: kept != 1) for _ in range(3)] == [0, 0, 0]
    shared.forget("a")
    assert [shared.get("a", lambda: next(numbers), lambda kept: kept != 1) for _ in range(3)] == [1, 2, 2]


def test_one_slow_name_does_not_hold_up_another():
    shared, gate = Shared(), threading.Event()
    slow = threading.Thread(target=lambda: shared.get("slow", lambda: gate.wait(10), lambda _: True))
    slow.start()
    assert shared.get("quick", lambda: 1, lambda _: True) == 1
    gate.set()
    slow.join()
