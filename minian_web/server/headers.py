"""Security headers on every reply, those of Bokeh and Panel included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform

# A page of Panel is blank without inline scripts and blob: addresses; nothing ever comes from another host.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob:",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MISDIRECTED = 421


class SecurityHeaders(OutputTransform):
    """Adds `HEADERS` to each reply; answers only to names of this server where no login protects it.

    Without the latter a page of another site could have its own name lead to this machine, and read the data.
    """

    names: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, request: HTTPServerRequest) -> None:
        host = (request.headers.get("Host") or "").rpartition(":")[0] or request.headers.get("Host", "")
        self._misled = bool(self.names) and host.strip("[]") not in self.names

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add the headers; the body stays as it is."""
        for name, value in HEADERS.items():
            headers[name] = value
        headers.pop("Server", None)
        if self._misled:
            headers["Content-Length"] = "0"
            return MISDIRECTED, headers, b""
        return status_code, headers, chunk

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """Leave later parts of a body as they are, unless nothing is to be told."""
        return b"" if self._misled else chunk


def transform_for(names: Iterable[str]) -> type[SecurityHeaders]:
    """Headers for a server that answers to these names only; to every name when there are none."""
    return type("SecurityHeadersFor", (SecurityHeaders,), {"names": frozenset(names)})
