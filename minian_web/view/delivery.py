"""Brings what jobs found back to the thread that owns a page."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from bokeh.document import Document

Callback = Callable[[], None]


class Delivery:
    """Runs callbacks on the thread of a document, in the order in which they came.

    While the page is being built they are run by `settle`, so that what is known at once is part of the page. After
    that they wait until the browser says that it has the page: Panel drops changes of its own components that fall
    between the browser's request for the document and that moment (`panel.io.document._drain_unconnected_events`).

    Parameters
    ----------
    document
        Of the page; None outside a server, where nothing can be delivered.
    failed
        Called with what a callback raised.
    """

    def __init__(self, document: Document | None, failed: Callable[[Exception], None]) -> None:
        self._document, self._failed = document, failed
        self._waiting: queue.SimpleQueue[Callback] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ready = self._ended = False

    def __call__(self, callback: Callback) -> None:
        """Run a callback on the page's thread; after the page was left nothing is run."""
        if self._ended:
            return
        with self._lock:
            if not self._ready:
                self._waiting.put(callback)
                return
        self._next(lambda: self._run(callback))

    def settle(self, done: Callable[[], bool], seconds: float) -> None:
        """Run what comes, on the thread that builds the page, until `done()` or until it has waited some seconds."""
        left = seconds
        while not done() and left > 0:
            since = time.monotonic()
            try:
                callback = self._waiting.get(timeout=left)
            except queue.Empty:
                return
            left -= time.monotonic() - since
            self._run(callback)

    def begin(self) -> None:
        """The browser has the page: run what has waited, and from now on each callback as it comes."""
        with self._lock:
            self._ready = True
        self._next(self._run_waiting)

    def end(self) -> None:
        """The page was left."""
        self._ended = True

    def _next(self, callback: Callback) -> None:
        if self._document is not None and self._document.session_context is not None:
            self._document.add_next_tick_callback(callback)

    def _run_waiting(self) -> None:
        while not self._waiting.empty():
            self._run(self._waiting.get_nowait())

    def _run(self, callback: Callback) -> None:
        if self._ended:
            return
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - the edge of the page: logged, shown with an id
            self._failed(error)
