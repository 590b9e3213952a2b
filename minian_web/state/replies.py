"""Frames over the websocket, for pages that are served without the frames address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from minian_web.jobs import Deliver
from minian_web.model.frame_request import parse
from minian_web.store.playback import answer

if TYPE_CHECKING:
    from minian_web.runtime import Runtime

Replies = Callable[[Mapping[str, str], Callable[[bytes], None], Callable[[Exception], None]], None]


def replies(runtime: Runtime, deliver: Deliver) -> Replies:
    """Give what `FramePlayer` takes as `answer`: it reads frames in a thread and delivers the reply to the page."""

    def reply(texts: Mapping[str, str], done: Callable[[bytes], None], failed: Callable[[Exception], None]) -> None:
        runtime.jobs.run(
            lambda _tick: answer(runtime, parse(texts)),
            done=done,
            failed=failed,
            deliver=deliver,
            short=True,
            name="frames over the websocket",
        )

    return reply
