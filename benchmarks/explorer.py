"""Parameter Explorer: how long its steps compute, and how soon the page shows it: `python -m benchmarks.explorer`."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LassoLars

from benchmarks.browser import AT_REST, CLOCK, serving
from minian_web.model.pipeline.forms import Combination, combinations
from minian_web.model.pipeline.smoothing import noise
from minian_web.model.pipeline.spatial import dilated, problem, update_spatial
from minian_web.model.pipeline.temporal import update_temporal
from minian_web.model.simulate import Plan, Session, animal, record
from minian_web.state.explorer_steps.base import Chosen
from minian_web.state.explorer_steps.seeds import Seeds
from minian_web.store.catalog import Catalog
from minian_web.store.layout import write_dataset
from minian_web.store.pipeline_source import Source
from tests.paths import ANIMAL1

Result = dict[str, tuple[str, str]]
PENALTIES = (0.005, 0.01, 0.05)
SLIDE = f"""async (value) => {{
  const find = root => {{
    for (const element of root.querySelectorAll('*')) {{
      if (element.type === 'range' && (element.ariaLabel || '').startsWith('ksize')) return element
      const inside = element.shadowRoot && find(element.shadowRoot)
      if (inside) return inside
    }}
  }}
  const slider = find(document)
  window.mwStart = performance.now()
  window.mwClock.last = 0
  slider.value = value
  slider.dispatchEvent(new Event('input'))
  return await ({AT_REST})(700)
}}"""
TURN = """async (name) => {
  const find = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.role === 'tab' && element.textContent === name) return element
      const inside = element.shadowRoot && find(element.shadowRoot)
      if (inside) return inside
    }
  }
  const tab = find(document), start = performance.now()
  tab.click()
  while (tab.ariaSelected !== 'true') await new Promise(go => setTimeout(go, 5))
  return performance.now() - start
}"""


def opened(root: Path) -> Source:
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog([root], r"minian$", state_dir=Path(folder), cache_dir=None)
        (entry,) = [one for one in catalog.entries() if "session1" in one.id]
        return Source(catalog.open(entry.id), catalog.movies(entry.id), catalog.around(entry))


def seeds(source: Source) -> Result:
    found: list[Combination] = combinations(Seeds().sections, {}, {})

    def run() -> tuple[float, int]:
        start = time.perf_counter()
        ((_, outcome),) = Seeds().run(source, Chosen(), found, lambda _part: None)
        return time.perf_counter() - start, outcome.arrays["mask"].size

    first, _ = run()
    again, count = run()
    assert count == 41
    return {"seeds with all refinements, first; again": (f"{first:.2f}; {again:.2f} s", "2 s")}


def temporal(source: Source) -> Result:
    traces = np.tile(source.of_units(source.needed("C"), list(range(10)), ("frame",)), 4)[:, :2000]
    traces = np.abs(traces + np.random.default_rng(0).normal(0, traces.std() / 3, traces.shape))
    start, first = time.perf_counter(), 0.0
    for penalty in (0.1, 0.5, 1, 2):
        for trace in traces:
            update_temporal(trace, sparse_penal=penalty)
        first = first or time.perf_counter() - start
    return {
        "temporal, 10 units x 4 combinations x 2,000 frames": (f"{time.perf_counter() - start:.1f} s", "10 s"),
        "temporal, first combination": (f"{first:.1f} s", "2 s"),
    }


def spatial(source: Source) -> Result:
    units = list(range(10))
    a = source.of_units(source.needed("A"), units, ("height", "width"))
    c = source.of_units(source.needed("C"), units, ("frame",))
    movie = source.movie("", ("Y_fm_chk",))
    values = movie.read(slice(None))
    sn = noise(np.moveaxis(values, 0, -1), 0.06, 0.5)
    start = time.perf_counter()
    candidates = dilated(a, 10)
    ours = update_spatial(problem(c, candidates, source.blocks(movie)), sn, PENALTIES)
    took = time.perf_counter() - start
    start = time.perf_counter()
    loop = np.zeros_like(ours)
    for number, penalty in enumerate(PENALTIES):
        for row, column in zip(*np.nonzero(candidates.any(axis=0)), strict=True):
            mine = np.flatnonzero(candidates[:, row, column])
            model = LassoLars(alpha=penalty * sn[row, column], positive=True)
            loop[number, mine, row, column] = model.fit(c[mine].T, values[:, row, column].astype(float)).coef_
    plain = time.perf_counter() - start
    worst = float(np.abs(ours - loop).max() / loop.max())
    return {
        "spatial, 10 units x 3 values, 600x128x160": (f"{took:.1f} s", f"{plain / 2:.1f} s"),
        "reference: the plain loop of LassoLars": (f"{plain:.1f} s", "-"),
        "largest difference, of the maximum": (f"{worst:.1e}", "1e-6"),
    }


def large(folder: Path) -> Path:
    plan = Plan(height=608, width=608, frames=40, cells=30, seed=3)
    session = Session("a1", "large")
    recording = record(plan, session, animal(plan), 0)
    write_dataset(folder / "large" / "minian", dict(recording.results))
    write_dataset(folder / "large" / "minian_intermediate", dict(recording.movies))
    return folder


def page(root: Path) -> Result:
    name = root.name
    with serving(large(root)) as (server, browser):
        browser.goto(server.address("parameter_explorer", f"{name}/large/minian"))
        browser.get_by_role("tab", name="Seeds").wait_for()
        browser.wait_for_timeout(6000)
        browser.evaluate(CLOCK)
        slid = [browser.evaluate(SLIDE, value) for value in (3, 5, 9, 11, 3, 5, 7, 9, 11, 13)][2:]
        browser.goto(server.address("parameter_explorer", f"{name}/session1/minian") + "&step=temporal")
        browser.get_by_label("Units").fill("all")
        browser.get_by_label("Units").press("Tab")
        browser.get_by_label("sparse_penal").fill("0.1:2:16")
        browser.wait_for_timeout(500)
        browser.get_by_role("button", name="Run").click()
        browser.wait_for_timeout(1500)
        turns = [browser.evaluate(TURN, one) for one in ("Seeds", "Motion", "Seeds", "Motion", "Seeds", "Motion")][2:]
    return {
        "preprocess 608x608, painted after a slider change": (
            f"median {statistics.median(slid):.0f}, most {max(slid):.0f} ms", "300 ms",
        ),
        "a click while a run computes": (f"median {statistics.median(turns):.0f}, most {max(turns):.0f} ms", "200 ms"),
    }  # fmt: skip


def gaps(work: object) -> float:
    """Longest time in ms for which another thread was kept from running."""
    longest, ended = [0.0], threading.Event()

    def watch() -> None:
        last = time.perf_counter()
        while not ended.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            longest[0], last = max(longest[0], now - last), now

    thread = threading.Thread(target=watch)
    thread.start()
    work()  # type: ignore[operator]
    ended.set()
    thread.join()
    return 1000 * longest[0]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lab"
        shutil.copytree(ANIMAL1 / "session1", root / "session1")
        source = opened(root)
        results = seeds(source) | temporal(source) | spatial(source)
        held = gaps(lambda: update_temporal(np.abs(np.random.default_rng(0).normal(5, 1, 20_000))))
        results["other threads kept waiting by a fit of 20,000 frames"] = (f"{held:.0f} ms", "200 ms")
        if "--no-browser" not in sys.argv:
            results |= page(root)
    for name, (found, budget) in results.items():
        print(f"{name:55} {found:>28}   budget {budget}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
