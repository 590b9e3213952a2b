"""Values that several sessions share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Values by name, each made once even when several sessions ask at the same time."""

    def __init__(self) -> None:
        self._values: dict[str, T] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, name: str, make: Callable[[], T], holds: Callable[[T], bool]) -> T:
        """Give the value of this name, made anew when there is none or the one there no longer holds."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            value = self._values.get(name)
            if value is None or not holds(value):
                value = self._values[name] = make()
            return value

    def forget(self, name: str) -> None:
        """Let the value of this name be made anew."""
        with self._guard:
            self._values.pop(name, None)

    def values(self) -> list[T]:
        """All values made so far."""
        with self._guard:
            return list(self._values.values())
