"""Waiting for what jobs bring."""

import time


def wait(condition, seconds=30):
    """Come back when a condition holds; fail when it does not within some seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.005)
