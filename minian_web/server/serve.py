"""Serve the pages from one process."""

from __future__ import annotations

import errno
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bokeh.settings import settings as bokeh_settings
from panel.io.server import get_server
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from minian_web import assets, runtime
from minian_web.errors import BadRequest, MinianWebError
from minian_web.server import health
from minian_web.server.headers import transform_for
from minian_web.server.login import FileLogin
from minian_web.server.secrets import cookie_secret
from minian_web.settings import Settings
from minian_web.view import shading

_log = logging.getLogger(__name__)

PAGES = ("movie_viewer", "cnmf_review", "cross_registration", "parameter_explorer")
DAY = 86_400
MINUTE = 60_000  # ms
MIB = 2**20


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach a server bound to this address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def pages() -> dict[str, str]:
    """Files of the pages by their address."""
    return {"/": str(assets.APP / "home.py"), **{page: str(assets.APP / f"{page}.py") for page in PAGES}}


def origins_of(address: str, port: int, given: Sequence[str]) -> list[str]:
    """Hosts whose pages may open the websocket: those given, else the names that this server has."""
    if given:
        return list(given)
    names = ["localhost", "127.0.0.1"]
    if not is_loopback(address):
        names += [socket.gethostname(), socket.getfqdn()]
        names += [] if address in ("0.0.0.0", "::", "") else [address]
    return [f"{name}:{port}" for name in dict.fromkeys(names)]


def names_of(given: Sequence[str]) -> list[str]:
    """Names by which a server on the loopback address may be asked: its own and those of a proxy before it."""
    own = ["localhost", "127.0.0.1", "::1"]
    return [*own, *(one.rpartition(":")[0] or one for one in given)]


def check_exposure(address: str, login: Path | None, *, insecure: bool) -> None:
    """Refuse to be reachable from other machines without a login.

    Raises
    ------
    BadRequest
        Saying what to do instead.
    """
    if not is_loopback(address) and login is None and not insecure:
        raise BadRequest(
            f"bound to {address}, everybody in the network could read and label these data: "
            "give --basic-auth FILE, or --insecure if something in front of this server asks for a login"
        )


def make_server(
    settings: Settings,
    *,
    port: int = 5006,
    address: str = "127.0.0.1",
    basic_auth: Path | None = None,
    insecure: bool = False,
    prefix: str = "",
    use_xheaders: bool = False,
    allow_websocket_origin: Sequence[str] = (),
    num_threads: int = 4,
    warm: bool = True,
) -> Any:
    """Start the runtime and make the server, bound to its port but not yet answering.

    `num_threads` are for what users wait for. Callbacks of a page stay on one thread: HoloViews cannot draw on several.

    Raises
    ------
    BadRequest
        If the address needs a login, or the port is in use.
    DataError
        If the file of users cannot be used.
    """
    check_exposure(address, basic_auth, insecure=insecure)
    check_port(address, port)
    secret = cookie_secret(settings.state_dir)
    provider = {"auth_provider": FileLogin(basic_auth)} if basic_auth else {}
    bokeh_settings.resources = "server"
    runtime.start(settings, num_threads).complete_unfinished()
    try:
        server = get_server(
            pages(),
            port=port,
            address=address,
            websocket_origin=origins_of(address, port, allow_websocket_origin),
            extra_patterns=_routes(),
            static_dirs={"assets": str(assets.STATIC)},
            prefix=prefix,
            cookie_path=f"/{prefix.strip('/')}",
            cookie_secret=secret,
            use_xheaders=use_xheaders,
            sign_sessions=True,
            secret_key=secret.encode(),
            session_token_expiration=DAY,
            unused_session_lifetime_milliseconds=2 * MINUTE,
            check_unused_sessions_milliseconds=MINUTE // 6,
            websocket_max_message_size=100 * MIB,
            warm=warm,
            **provider,
        )
    except OSError as error:
        raise _unbound(error, address, port) from error
    open_to_this_machine = is_loopback(address) and basic_auth is None
    server._tornado.add_transform(transform_for(names_of(allow_websocket_origin) if open_to_this_machine else ()))
    return server


def check_port(address: str, port: int) -> None:
    """Find out that a port is in use before seconds are spent on starting.

    Raises
    ------
    BadRequest
        Naming address, port and reason.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(address or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise _unbound(error, address, port) from error


def _unbound(error: OSError, address: str, port: int) -> MinianWebError:
    reason = f"port {port} is in use" if error.errno == errno.EADDRINUSE else (error.strerror or str(error))
    return BadRequest(f"cannot serve on {address}:{port}: {reason}; choose another with --port or --address")


def _routes() -> list[tuple[Any, ...]]:
    from minian_web.server import files, frames

    return [(r"/components/.*", health.Deny), *health.ROUTES, *frames.ROUTES, *files.ROUTES]


def serve(settings: Settings, *, say: Callable[[str], None] | None = None, **options: Any) -> None:
    """Serve until a signal ends the process; then the leases are released.

    Parameters
    ----------
    settings
        Roots and directories.
    say
        Told the one line with the URL; by default it is written to the standard output.
    options
        As `make_server` takes them.
    """
    server = make_server(settings, **options)
    loop = server.io_loop

    def stop(number: int, _frame: Any) -> None:
        _log.info("signal %s: stopping", signal.Signals(number).name)
        loop.add_callback_from_signal(loop.stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    shading.warm_up()  # compiling beside the first page would make it wait longer than the start does
    server.start()
    (say or _say)(f"minian-web is at {url_of(server)}")
    try:
        loop.start()
    finally:
        _end(server, loop)


def _overlook_closed(loop: Any, context: dict[str, Any]) -> None:
    """Log what went wrong in a task of the loop; a page that was left while something was sent to it is no error."""
    if isinstance(context.get("exception"), (WebSocketClosedError, StreamClosedError)):
        _log.debug("a page was left: %s", context.get("message"))
    else:
        loop.default_exception_handler(context)


def _end(server: Any, loop: IOLoop) -> None:
    server.stop(wait=False)
    runtime.get().close()
    loop.close(all_fds=False)


def url_of(server: Any) -> str:
    """Address that a person types."""
    host = server.address if server.address and server.address not in ("0.0.0.0", "::") else "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}{server.prefix}/"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
