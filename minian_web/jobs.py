"""Background work: the only way to a thread.

`Jobs.run` takes the work, what to do with its result, and `deliver`, which brings callbacks back to the thread that
owns the page. Work is never handed plots or parameters, only data.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from minian_web.errors import Cancelled

_log = logging.getLogger(__name__)

Deliver = Callable[[Callable[[], None]], None]
Tick = Callable[..., None]
T = TypeVar("T")


def _at_once(callback: Callable[[], None]) -> None:
    callback()


class Job:
    """One piece of background work, which can be cancelled and waited for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._cancelled = threading.Event()
        self._future: Future[None] | None = None

    def cancel(self) -> None:
        """Ask the work to stop at its next tick."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._cancelled.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Block until the work and the delivery of its result are over; for tests and the command line."""
        if self._future is not None:
            self._future.result(timeout)


class Jobs:
    """A few threads for long work and a few for short work that a user waits for."""

    def __init__(self, long_threads: int = 2, short_threads: int = 4) -> None:
        self._long = ThreadPoolExecutor(long_threads, thread_name_prefix="job")
        self._short = ThreadPoolExecutor(short_threads, thread_name_prefix="quick")
        self._waited_for: set[Future[None]] = set()
        self._lock = threading.RLock()

    def run(
        self,
        work: Callable[[Tick], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[..., None] | None = None,
        deliver: Deliver = _at_once,
        short: bool = False,
        after: float = 0.0,
        name: str = "",
    ) -> Job:
        """Run `work(tick)` in a thread and deliver what comes of it.

        Parameters
        ----------
        work
            Called with `tick`; it calls `tick(fraction, *partial)` now and then, with `fraction` in 0..1 and
            whatever partial result it has. `tick` raises `Cancelled` once the job was cancelled.
        done, failed, progress
            Called with the result, with the exception, and with what `tick` was given, through `deliver`.
            After a cancel none of them is called.
        deliver
            Brings a callback to the thread that owns the page (the document's thread).
        short
            True for what a user waits for (a save, one unit's traces); never queued behind long work.
        after
            Seconds to wait before the work begins; no thread is held meanwhile.
        name
            Says what it is in the log.

        Returns
        -------
        Job
            With `cancel()` and `wait()`.
        """
        job = Job(name)

        def report(callback: Callable[..., None] | None, *args: object) -> None:
            if callback is not None and not job.cancelled:
                deliver(lambda: None if job.cancelled else callback(*args))

        def tick(fraction: float, *partial: object) -> None:
            if job.cancelled:
                raise Cancelled(name)
            report(progress, fraction, *partial)

        def call() -> None:
            try:
                result = work(tick)
            except Cancelled:
                _log.info("cancelled: %s", name)
            except Exception as error:  # noqa: BLE001 - handed on to `failed`, which every caller must give
                _log.info("failed: %s: %s", name, error)
                report(failed, error)
            else:
                report(done, result)

        pool = self._short if short else self._long
        job._future = _later(lambda: self._submit(pool, call), after) if after else self._submit(pool, call)
        return job

    def close(self, patience: float = 0.0) -> None:
        """Stop taking work; wait for short work that has begun, such as a save, for at most `patience` seconds."""
        self._long.shutdown(wait=False, cancel_futures=True)
        self._short.shutdown(wait=False, cancel_futures=True)
        if patience:
            with self._lock:
                begun = set(self._waited_for)
            _, late = wait(begun, patience)
            if late:
                _log.warning("%d jobs have not ended within %g s", len(late), patience)

    def _submit(self, pool: ThreadPoolExecutor, call: Callable[[], None]) -> Future[None]:
        future = pool.submit(call)
        if pool is self._short:
            with self._lock:
                self._waited_for.add(future)
            future.add_done_callback(self._ended)
        return future

    def _ended(self, future: Future[None]) -> None:
        with self._lock:
            self._waited_for.discard(future)


def _later(submit: Callable[[], Future[None]], after: float) -> Future[None]:
    """Hand work to a pool when its time has come; a pool that was closed meanwhile does not get it."""
    future: Future[None] = Future()

    def begin() -> None:
        try:
            submit().add_done_callback(lambda _: future.set_result(None))
        except RuntimeError:
            future.cancel()

    timer = threading.Timer(after, begin)
    timer.daemon = True
    timer.start()
    return future
