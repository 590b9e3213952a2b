"""HTTP endpoint of the player: `GET frames?dataset=...&movie=...&start=...&stop=...`."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.iostream import StreamClosedError

from minian_web import runtime
from minian_web.errors import (
    BadRequest,
    Cancelled,
    Changed,
    Conflict,
    DataError,
    DatasetNotFound,
    MinianWebError,
    OutsideRoots,
)
from minian_web.model.frame_request import parse
from minian_web.store.playback import answer

__all__ = ["ROUTES", "FramesHandler"]

_log = logging.getLogger(__name__)
_pool = ThreadPoolExecutor(4, thread_name_prefix="frames")

_STATUS: tuple[tuple[type[MinianWebError], int], ...] = (
    (BadRequest, 400),
    (OutsideRoots, 404),
    (DatasetNotFound, 404),
    (Changed, 409),
    (Conflict, 409),
    (DataError, 422),
)


class FramesHandler(AuthRequestHandler):
    """Answers players; refuses who is not logged in, when a login is on."""

    _gone = False

    def on_connection_close(self) -> None:
        """Note that the player has dropped the request; what waits for a thread or a chunk is not begun."""
        self._gone = True

    async def prepare(self) -> None:
        """Refuse with 401 rather than lead to the login page, which a `fetch` would take for frames."""
        await super().prepare()
        if not self.current_user:
            self._refuse(401, "You are not logged in.")

    async def get(self) -> None:
        """Reply with frames, or with a JSON object whose `error` says why not."""
        texts = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        try:
            request = parse(texts)
            reply = await asyncio.get_running_loop().run_in_executor(
                _pool, answer, runtime.get(), request, lambda: not self._gone
            )
        except Cancelled:
            return
        except MinianWebError as error:
            self._refuse(status_of(error), str(error))
            return
        except Exception:  # noqa: BLE001 - the edge of the server: logged, and answered as JSON
            _log.exception("a request for frames failed")
            self._refuse(500, "The server failed to read these frames; its log says why.")
            return
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        await self._send(reply)

    async def _send(self, reply: bytes) -> None:
        try:
            await self.finish(reply)
        except StreamClosedError:
            _log.debug("the player no longer wants these frames")

    def _refuse(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish({"error": text})


def status_of(error: MinianWebError) -> int:
    """HTTP status of one of our errors."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


ROUTES: list[tuple[str, type[FramesHandler], dict[str, Any]]] = [(r"/frames/?", FramesHandler, {})]
