"""What the states of the pages have in common: jobs whose news ends with the page, and a name asked for when needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job, Tick

if TYPE_CHECKING:
    from minian_web.runtime import Runtime


class Working(param.Parameterized):
    """A state that starts jobs; none of their news arrives after `_stop`."""

    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how far long work is")
    error = param.String(doc="Output: why nothing can be shown")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._runtime = runtime
        self._deliver: Deliver = deliver or (lambda callback: callback())
        self._started: list[Job] = []
        super().__init__(**inputs)

    def _run(self, work: Callable[[Tick], Any], done: Callable[[Any], None], **how: Any) -> Job:
        job = self._runtime.jobs.run(work, done=done, deliver=self._deliver, **{"failed": self._fail, **how})
        self._started.append(job)
        return job

    def _stop(self) -> None:
        for job in self._started:
            job.cancel()
        self._started.clear()

    def _set(self, **outputs: Any) -> None:
        self.param.update(**outputs)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, (MinianWebError, OSError)):
            raise error
        self.param.update(error=str(error), progress=None)


class Signing(param.Parameterized):
    """A state whose actions bear a name; one that comes before the name is done when there is one."""

    reviewer = param.String(doc="Input: who works here")
    asks_name = param.Boolean(False, doc="Output: an action waits for a name")

    _held: Callable[[], Any] | None = None

    def _signed(self, again: Callable[[], Any]) -> bool:
        """Whether there is a name; without one it is asked for, and `again` is called later."""
        if not self.reviewer:
            self._held, self.asks_name = again, True
        return bool(self.reviewer)

    def _go_on(self) -> None:
        again, self._held = self._held, None
        self.asks_name = False
        if self.reviewer and again is not None:
            again()
