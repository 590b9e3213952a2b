"""Downloads of files that pages have made: `GET files/TOKEN`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.iostream import StreamClosedError

from minian_web import runtime
from minian_web.errors import DatasetNotFound

__all__ = ["ROUTES", "FilesHandler"]

_PIECE = 2**20


class FilesHandler(AuthRequestHandler):
    """Sends a file piece by piece to who knows its token and is logged in, when a login is on."""

    async def prepare(self) -> None:
        """Refuse with 401 who is not logged in."""
        await super().prepare()
        if not self.current_user:
            self._refuse(401, "You are not logged in.")

    async def get(self, token: str) -> None:
        """Send the file, or say that it is gone."""
        try:
            path, name = runtime.get().made.find(token)
            size = path.stat().st_size
        except (DatasetNotFound, FileNotFoundError):
            self._refuse(404, "This file is no longer kept; make it again.")
            return
        self.set_header("Content-Type", "video/mp4" if path.suffix == ".mp4" else "application/octet-stream")
        self.set_header("Content-Length", str(size))
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    self.write(piece)
                    await self.flush()
        except StreamClosedError:
            return

    def _refuse(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish({"error": text})


ROUTES: list[tuple[str, type[FilesHandler], dict[str, Any]]] = [(r"/files/([\w-]{1,64})", FilesHandler, {})]
