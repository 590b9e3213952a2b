"""Saves decisions in the order they were taken; what the disk refuses is kept and tried again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minian_web.errors import MinianWebError, NotWritable
from minian_web.jobs import Deliver, Jobs, Tick

if TYPE_CHECKING:
    from minian_web.store.curation import Curation

RETRY_SECONDS = 2.0

Act = Callable[["Curation"], object]


@dataclass
class _Pending:
    act: Act
    durable: bool = False


class Saver:
    """The way from a decision to the disk, for one page.

    Parameters
    ----------
    jobs
        Where the writing runs.
    deliver
        Brings news back to the page's thread.
    changed
        Called after every change of `status`, `reason` or the decisions on disk.
    refused
        Called with the error when an action cannot be taken at all (somebody else acted, the data changed).
    """

    def __init__(
        self,
        curation: Curation,
        jobs: Jobs,
        *,
        deliver: Deliver,
        changed: Callable[[], None],
        refused: Callable[[MinianWebError], None],
    ) -> None:
        self._curation, self._jobs, self._deliver = curation, jobs, deliver
        self._changed, self._refused = changed, refused
        self._lock = threading.RLock()
        self._queue: deque[_Pending] = deque()
        self._running = False
        self.reason = ""

    @property
    def status(self) -> str:
        """`saved`, `saving`, `writing` (durable, the arrays still to be written) or `waiting` (see `reason`)."""
        if self.reason:
            return "waiting"
        if not self._running and not self._queue:
            return "saved"
        return "writing" if all(item.durable for item in self._queue) else "saving"

    @property
    def pending(self) -> int:
        """How many actions are not durable yet."""
        return sum(not item.durable for item in self._queue)

    def submit(self, act: Act) -> None:
        """Queue one action; `act` is called with the curation in a thread."""
        with self._lock:
            self._queue.append(_Pending(act))
            if not self._running:
                self._start()
        self._changed()

    def _start(self) -> None:
        """Save what is queued; goes on without the page, whose reviewer may have left before the disk came back."""
        self._running = True
        wait = RETRY_SECONDS if self.reason else 0.0
        self._jobs.run(
            lambda tick: self._save(tick, wait),
            done=self._done,
            failed=self._failed,
            progress=self._durable,
            short=True,
            name="save decisions",
        )

    def _save(self, tick: Tick, wait: float) -> int:
        time.sleep(wait)
        with self._lock:
            taken = list(self._queue)
        for item in taken:
            if not item.durable:
                item.act(self._curation)
                item.durable = True
        tick(0.5)
        self._curation.write_arrays()
        return len(taken)

    def _durable(self, _fraction: float) -> None:
        self.reason = ""
        self._deliver(self._changed)

    def _done(self, saved: int) -> None:
        with self._lock:
            for _ in range(saved):
                self._queue.popleft()
            self._rest("")

    def _failed(self, error: Exception) -> None:
        with self._lock:
            if isinstance(error, (NotWritable, OSError)):
                self._rest(str(error))
                return
            self._drop_refused()
            self._rest("")
        told = error if isinstance(error, MinianWebError) else MinianWebError(f"{type(error).__name__}: {error}")
        self._deliver(lambda: self._refused(told))

    def _rest(self, reason: str) -> None:
        self.reason, self._running = reason, False
        if self._queue:
            self._start()
        self._deliver(self._changed)

    def _drop_refused(self) -> None:
        """Take the action that was refused out of the queue; durable ones stay until the arrays are written."""
        for item in self._queue:
            if not item.durable:
                self._queue.remove(item)
                return
        self._queue.clear()
