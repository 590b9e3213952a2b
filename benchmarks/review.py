"""CNMF Review on 1,000 units, 608x608, 20,000 frames: the review rows of design.md 8, painted, in the browser."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import SHELL, memory, painted_after, seconds_to, serving, summary, wait_for
from benchmarks.data import large_dataset
from tests.ui.conftest import Server

FIGURES = "() => window.Bokeh?.index?.query && [...Bokeh.index.query(v => v.model?.type === 'Figure')].length >= 4"
UNITS = """() => {
  const find = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.classList?.contains('unit')) return element
      const inside = element.shadowRoot && find(element.shadowRoot)
      if (inside) return inside
    }
  }
  return !!find(document)
}"""
CURRENT = """() => {
  const find = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.classList?.contains('current') && element.dataset?.unit) return element.dataset.unit
      const inside = element.shadowRoot && find(element.shadowRoot)
      if (inside) return inside
    }
  }
  return find(document)
}"""
SAVED = """() => {
  const find = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.dataset?.saving) return element.dataset.saving
      const inside = element.shadowRoot && find(element.shadowRoot)
      if (inside) return inside
    }
  }
  return find(document)
}"""
# From a key until the next unit is current, and until the page says that all is saved: (ms, ms).
DECIDE = f"""async () => {{
  const current = {CURRENT}, saving = {SAVED}
  const before = current(), start = performance.now()
  let next = null, left = false, saved = null
  window.dispatchEvent(new KeyboardEvent('keydown', {{key: 'k', bubbles: true}}))
  for (let turn = 0; turn < 3000 && (next === null || saved === null); turn++) {{
    await new Promise(go => requestAnimationFrame(go))
    if (next === null && current() !== before) next = performance.now() - start
    left = left || saving() !== 'saved'
    if (saved === null && left && ['saved', 'writing'].includes(saving())) saved = performance.now() - start
  }}
  return [next, saved]
}}"""


def opening(page: Page, server: Server, dataset: str) -> dict[str, tuple[str, str]]:
    shell = statistics.median(seconds_to(page, server.address("cnmf_review"), SHELL) for _ in range(5))
    address = server.address("cnmf_review", dataset)
    idle = memory(server)
    first_map = seconds_to(page, address, FIGURES)
    indexed = wait_for(page, UNITS)
    again = statistics.median(seconds_to(page, address, UNITS) for _ in range(3))
    return {
        "shell": (f"{shell:.2f} s", "-"),
        "first open, map (beyond the shell)": (f"{first_map - shell:.2f} s", "3 s"),
        "first open, all indexed (beyond the shell)": (f"{indexed - shell:.2f} s", "6 s"),
        "reopened (beyond the shell)": (f"{again - shell:.2f} s", "1.5 s"),
        "memory with the dataset open": (f"{memory(server) - idle:.0f} MB", "700 MB"),
    }


def working(page: Page) -> dict[str, tuple[str, str]]:
    page.wait_for_timeout(1500)
    groups = [painted_after(page, "n") for _ in range(25)]
    frames = [painted_after(page, "ArrowRight") for _ in range(25)]
    decisions = []
    for _ in range(25):
        decisions.append(page.evaluate(DECIDE))
        page.wait_for_timeout(300)
    return {
        "group switch painted": (f"{summary(groups)} ms", "250 ms"),
        "frame change painted": (f"{summary(frames)} ms", "60 ms"),
        "decision: next unit painted": (f"{summary([next_ for next_, _ in decisions])} ms", "200 ms"),
        "decision: saved painted": (f"{summary([saved for _, saved in decisions])} ms", "100 ms"),
    }


def scripted(page: Page, units: int = 400) -> dict[str, tuple[str, str]]:
    waits = [page.evaluate(DECIDE)[0] for _ in range(units)]
    return {f"scripted review of {units} units, waited": (f"{sum(waits) / 1000:.1f} s, 1 key a unit", "80 s")}


def measure() -> dict[str, tuple[str, str]]:
    dataset = large_dataset()
    with serving(dataset.parent) as (server, page):
        name = f"{dataset.parent.name}/{dataset.name}"
        rows = opening(page, server, name)
        rows |= working(page)
        rows |= scripted(page)
        before = memory(server)
        others = [page.context.new_page() for _ in range(3)]
        for one in others:
            seconds_to(one, server.address("cnmf_review", name), UNITS)
        rows["memory of each further session"] = (f"{(memory(server) - before) / len(others):.0f} MB", "60 MB")
    forget_decisions(dataset)
    return rows


def forget_decisions(dataset: Path) -> None:
    (dataset / "curation.jsonl").unlink(missing_ok=True)


def main() -> int:
    for name, (measured, budget) in measure().items():
        print(f"| {name} | {measured} | {budget} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
