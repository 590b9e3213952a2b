"""The way of decisions to the disk: one queue for all pages of a dataset, kept until the disk has them.

What the disk refuses is kept and tried again, also after the page that decided was left. What cannot be done at all,
because somebody else has acted on the same units, is told to the page, and what that page queued behind it is not done
either: it was decided in view of something that did not happen.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from minian_web.errors import BadRequest, Changed, MinianWebError, NotWritable
from minian_web.jobs import Jobs, Tick
from minian_web.model.decisions import Decisions, applied
from minian_web.model.keys import Key
from minian_web.store.curation import REMARKS, Curation
from minian_web.store.history import MAIN

RETRY_SECONDS = 2.0
TURNS = ("undo", "redo")


@dataclass(eq=False)
class Wish:
    """One action on its way to the disk.

    Attributes
    ----------
    kind, units, key
        As `Curation.act`; `undo` and `redo` name no units.
    reviewer
        Who decides.
    seen
        Decisions that the reviewer saw when deciding; None for `undo` and `redo`.
    refused
        Told when the action cannot be done; called in any thread.
    label_set
        `main`, or a reviewer's own.
    after
        All decisions of the session as they shall be, for the actions of `Curation.put`.
    note
        What the reviewer adds to it.
    page
        Whatever tells one page from the others.
    durable
        True once the log has it.
    """

    kind: str
    reviewer: str
    refused: Callable[[MinianWebError], None]
    units: tuple[int, ...] = ()
    key: Key = ()
    seen: Decisions | None = None
    label_set: str = MAIN
    after: Decisions | None = None
    note: str = ""
    page: object = field(default=None)
    durable: bool = False

    def act(self, curation: Curation) -> None:
        """Do it; durable when this returns."""
        who: dict[str, Any] = {"reviewer": self.reviewer, "label_set": self.label_set}
        if self.kind in TURNS:
            (curation.undo if self.kind == "undo" else curation.redo)(**who)
            return
        who |= {"key": self.key, "note": self.note}
        if self.after is not None:
            curation.put(self.kind, self.after, seen=self.seen, **who)
        elif self.kind in REMARKS:
            curation.remark(self.kind, self.units, **who)
        else:
            curation.act(self.kind, self.units, seen=self.seen, **who)

    def foreseen(self, decisions: Decisions) -> Decisions:
        """Decisions as they will be after it; `BadRequest` when it will be refused."""
        if self.kind in REMARKS:
            return decisions
        return applied(decisions, self.kind, self.units) if self.after is None else self.after


class Saver:
    """Saves the decisions about one dataset in the order they were taken; safe to share between threads."""

    def __init__(self, curation: Curation, jobs: Jobs) -> None:
        self.curation = curation
        self._jobs = jobs
        self._lock = threading.RLock()
        self._queue: deque[Wish] = deque()
        self._listeners: list[Callable[[], None]] = []
        self._running = False
        self._trying: Wish | None = None
        self._reason = ""

    @property
    def reason(self) -> str:
        """Why nothing can be written at the moment; empty when all goes well."""
        return self._reason

    @property
    def pending(self) -> int:
        """How many actions are not durable yet."""
        with self._lock:
            return sum(not wish.durable for wish in self._queue)

    @property
    def status(self) -> str:
        """How safe the decisions are.

        `saved`; `saving`; `writing`: durable, the arrays are being written; `waiting`: not durable, see `reason`;
        `behind`: durable, but the arrays cannot be written, see `reason`.
        """
        with self._lock:
            if not self._queue:
                return "saved"
            if self.pending:
                return "waiting" if self._reason else "saving"
            return "behind" if self._reason else "writing"

    @property
    def turning(self) -> bool:
        """Whether an undo or redo is on its way, whose outcome no page knows yet."""
        with self._lock:
            return any(wish.kind in TURNS and not wish.durable for wish in self._queue)

    def shown(self, key: Key, label_set: str = MAIN) -> Decisions:
        """Decisions about a session as they will be when all is saved that can be foreseen."""
        with self._lock:
            ahead = [wish for wish in self._queue if not wish.durable and wish.kind not in TURNS]
            ahead = [wish for wish in ahead if (wish.key, wish.label_set) == (key, label_set)]
            decisions = self.curation.decisions(key, label_set)
        for wish in ahead:
            try:
                decisions = wish.foreseen(decisions)
            except BadRequest:
                continue  # it will be refused, and its page told
        return decisions

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called, in any thread, after every change of the status; gives what ends that."""
        with self._lock:
            self._listeners.append(changed)
        return lambda: self._listeners.remove(changed) if changed in self._listeners else None

    def submit(self, wish: Wish) -> None:
        """Queue one action."""
        with self._lock:
            self._queue.append(wish)
            if not self._running:
                self._start()
        self._tell()

    def _start(self) -> None:
        self._running = True
        self._jobs.run(
            self._save,
            done=self._done,
            failed=self._failed,
            progress=lambda _fraction: self._tell(),
            short=True,
            after=RETRY_SECONDS if self._reason else 0.0,
            name="save decisions",
        )

    def _save(self, tick: Tick) -> int:
        with self._lock:
            taken = list(self._queue)
        for wish in taken:
            if not wish.durable:
                self._trying = wish
                wish.act(self.curation)
                wish.durable = True
        self._trying, self._reason = None, ""
        tick(0.5)
        self.curation.write_arrays()
        return len(taken)

    def _done(self, saved: int) -> None:
        with self._lock:
            for _ in range(saved):
                self._queue.popleft()
        self._rest("")

    def _failed(self, error: Exception) -> None:
        told = error if isinstance(error, MinianWebError) else MinianWebError(f"{type(error).__name__}: {error}")
        refused, self._trying = self._trying, None
        if isinstance(error, (NotWritable, OSError)):
            self._rest(str(error))
        elif refused is not None:
            self._drop(refused)
            refused.refused(told)  # before anybody hears that all is saved
            self._rest("")
        elif isinstance(error, Changed):
            self._forget_durable()
            self._rest("")
        else:
            self._rest(str(told))

    def _drop(self, refused: Wish) -> None:
        """Take out what was refused, and what its page decided after it."""
        with self._lock:
            at = self._queue.index(refused)
            after = [wish for wish in list(self._queue)[at:] if wish is refused or wish.page is refused.page]
            self._queue = deque(wish for wish in self._queue if wish not in after)

    def _forget_durable(self) -> None:
        """The pipeline has rewritten the cells: the log has what was decided, the arrays are others now."""
        with self._lock:
            self._queue = deque(wish for wish in self._queue if not wish.durable)

    def _rest(self, reason: str) -> None:
        with self._lock:
            self._reason, self._running = reason, False
            if self._queue:
                self._start()
        self._tell()

    def _tell(self) -> None:
        for changed in tuple(self._listeners):
            changed()
