"""A real server in a process of its own, a real browser, and guards that no test has to ask for.

`page` fails a test whose page asked another host for anything, threw, or wrote an error to the console.
Our content security policy holds in tests as well, so `page.wait_for_function` cannot be used: wait by `expect`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

DATA = Path(__file__).parents[1] / "data"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
]
MAIN = "import sys; from minian_web.cli import main; sys.exit(main())"
SECONDS_TO_START = 60
TIMEOUT = 20_000  # ms; two slow cores are shared by everything
VIEWPORT = {"width": 1280, "height": 800}
expect.set_options(timeout=TIMEOUT)


@dataclass
class Server:
    """`minian-web serve` in a process of its own."""

    root: Path
    url: str
    process: subprocess.Popen
    log: Path
    state_dir: Path
    arguments: list[str]

    def address(self, page: str = "", dataset: str = "") -> str:
        """Address of a page, such as `address("cnmf_review", "data/animal1/session1/minian")`."""
        return f"{self.url}{page}" + (f"?dataset={dataset}" if dataset else "")

    def kill(self) -> None:
        """As a power cut does: `kill -9`."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """As an administrator does: SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start_server(root: Path, home: Path, *arguments: str, port: int | None = None, health: str = "health") -> Server:
    """Start a server on a root and wait for its `health`; its state, cache and log go into `home`."""
    port, home = port or free_port(), Path(home)
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    command = [sys.executable, "-c", MAIN, "serve", str(root), "--port", str(port)]
    command += ["--state-dir", str(home / "state"), "--cache-dir", str(home / "cache"), *arguments]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    server = Server(root, f"http://127.0.0.1:{port}/", process, log, home / "state", command)
    wait_until_up(server, health)
    return server


def wait_until_up(server: Server, health: str) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}{health}", timeout=2) as reply:
                assert reply.status == 200
                return
        except OSError:
            time.sleep(0.1)
    server.process.kill()
    pytest.fail(f"{' '.join(server.arguments)} did not answer:\n{server.log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of tests/data that the tests of a session share; a test that changes data makes its own."""
    root = tmp_path_factory.mktemp("roots") / "data"
    shutil.copytree(DATA, root)
    return root


@pytest.fixture(scope="session")
def server(data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on `data_root`, shared by all tests that change nothing."""
    one = start_server(data_root, tmp_path_factory.mktemp("server"))
    yield one
    one.stop()


@pytest.fixture
def own_root(tmp_path: Path) -> Path:
    """A copy of tests/data for a test that changes data."""
    root = tmp_path / "data"
    shutil.copytree(DATA, root)
    return root


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`serve(root, *arguments, port=None)`: servers that end with the test; state and cache stay between them."""
    started: list[Server] = []

    def start(root: Path, *arguments: str, **options: Any) -> Server:
        started.append(start_server(root, tmp_path / "server", *arguments, **options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


def executable() -> str | None:
    """Chromium of the environment variable or of the system; None for the one that playwright brings."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=executable(), headless=True, args=CHROMIUM_ARGUMENTS)
        yield one
        one.close()


@dataclass
class Guard:
    """What must not happen on any page; a test that provokes an error takes it out of `errors`."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.route("**/*", self._route)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(f"thrown: {error.error}"))

    def _route(self, route: Route) -> None:
        if route.request.url.startswith(("http://localhost", "http://127.0.0.1", "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text} ({message.location.get('url', '')})")

    def check(self) -> None:
        assert self.outside == [], "a page asked another host"
        assert self.errors == [], "a page had errors"


@pytest.fixture
def guard() -> Iterator[Guard]:
    one = Guard()
    yield one
    one.check()


@pytest.fixture
def context(browser: Browser, guard: Guard, serve: Callable[..., Server]) -> Iterator[BrowserContext]:
    """A browser of one person: own cookies, own storage; `context.new_page()` for a second tab.

    It is closed before the servers of `serve` end, hence the dependency.
    """
    one = browser.new_context(viewport=VIEWPORT)
    one.set_default_timeout(TIMEOUT)
    guard.watch(one)
    yield one
    one.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def reviewer(context: BrowserContext) -> str:
    """A person whose name the browser already knows, so that no dialog asks for it."""
    name = "Ann Tester"
    context.add_init_script(f"localStorage.setItem('minian-web:reviewer', '{name}')")
    return name
