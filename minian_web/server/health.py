"""Answer whether the server lives, without a login and without running a page."""

from __future__ import annotations

from tornado.web import RequestHandler

from minian_web import __version__


class Health(RequestHandler):
    """`/health`: JSON with status and version."""

    def get(self) -> None:
        """Answer 200."""
        self.set_header("Cache-Control", "no-store")
        self.finish({"status": "ok", "version": __version__})


class Deny(RequestHandler):
    """404 for addresses of Panel that we do not serve."""

    def prepare(self) -> None:
        """Answer before any method runs."""
        self.set_status(404)
        self.finish()


ROUTES = [(r"/health", Health), (r"/liveness", Health)]
