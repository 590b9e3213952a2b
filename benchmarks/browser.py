"""A server and a browser for the benchmarks, and a clock in the page that notes when something was painted."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from playwright.sync_api import Error, Page, sync_playwright

from tests.ui.conftest import CHROMIUM_ARGUMENTS, Server, executable, start_server

QUIET = 350  # ms without a paint after which a page is at rest

# Bokeh paints in PlotView.paint, our player in Screen.paint, rows of units and texts are DOM.
CLOCK = """() => {
  window.mwClock = {last: 0, paints: 0}
  const stamp = () => { window.mwClock.last = performance.now(); window.mwClock.paints++ }
  const wrap = (object, name) => {
    const inner = object[name]
    if (!inner || inner.wrapped) return
    object[name] = function (...given) { const out = inner.apply(this, given); stamp(); return out }
    object[name].wrapped = true
  }
  for (const view of Bokeh.index.query(v => v.model?.type === 'Figure')) {
    wrap(view, '_actual_paint')
    wrap(view, 'paint')
  }
  for (const player of window.minianPlayers ?? []) for (const panel of player.panels) wrap(panel.screen, 'paint')
}"""
AT_REST = """async quiet => {
  const start = window.mwStart
  while (performance.now() - Math.max(window.mwClock.last, start) < quiet) await new Promise(go => setTimeout(go, 10))
  return Math.max(0, window.mwClock.last - start)
}"""


SHELL = """() => {
  const says = root => [...root.querySelectorAll('*')].some(element =>
    (element.shadowRoot && says(element.shadowRoot)) ||
    (!element.childElementCount && element.textContent.trim() === 'Parameter Explorer'))
  return !!document.body && says(document)
}"""


@contextlib.contextmanager
def serving(*roots: Path) -> Iterator[tuple[Server, Page]]:
    """Serve folders with empty caches; gives the server and a page with a warm browser cache."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = start_server(roots[0], Path(home), *map(str, roots[1:]))
        browser = playwright.chromium.launch(executable_path=executable(), args=CHROMIUM_ARGUMENTS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_init_script("localStorage.setItem('minian-web:reviewer', 'bench')")
            page = context.new_page()
            page.set_default_timeout(120_000)
            warm(page, server)
            yield server, page
        finally:
            browser.close()
            server.stop()


def warm(page: Page, server: Server) -> None:
    """Let the browser fetch and compile what every page needs, and the server what it compiles at its start."""
    for _ in range(2):
        page.goto(server.address("cnmf_review"))
        page.wait_for_selector("text=Parameter Explorer")
    page.wait_for_timeout(12_000)


def wait_for(page: Page, ready: str, seconds: float = 120) -> float:
    """Wait until a condition holds; gives the page's clock in seconds.

    `wait_for_function` would evaluate text inside the page, which our content security policy forbids.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(Error):  # the page is being exchanged
            if page.evaluate(ready):
                return float(page.evaluate("performance.now()")) / 1000
        time.sleep(0.01)
    raise TimeoutError(ready)


def seconds_to(page: Page, address: str, ready: str) -> float:
    """Seconds from asking for an address until a condition in the page holds; `ready` is JavaScript."""
    page.goto(address, wait_until="commit")
    return wait_for(page, ready)


START = """() => {
  window.mwClock.last = 0
  window.addEventListener('keydown', () => window.mwStart = performance.now(), {once: true, capture: true})
}"""


def painted_after(page: Page, key: str) -> float:
    """Milliseconds from a key until the last paint that it caused."""
    page.evaluate(CLOCK)
    page.evaluate(START)
    page.keyboard.press(key)
    return float(page.evaluate(AT_REST, QUIET))


def memory(server: Server) -> float:
    """Resident memory of the server in MB."""
    return psutil.Process(server.process.pid).memory_info().rss / 2**20


def summary(values: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):.0f}, p95 {late:.0f}"
