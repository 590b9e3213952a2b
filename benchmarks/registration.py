"""Cross-Registration: 10 sessions x 1,000 cells computed; a page of 3 sessions x 500 cells at 608x608, painted."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import dask.array as da
import numpy as np
import xarray as xr
from playwright.sync_api import Page

from benchmarks.browser import AT_REST, CLOCK, QUIET, SHELL, memory, seconds_to, serving, summary, wait_for
from benchmarks.data import SIDE, made
from minian_web.model import phantom
from minian_web.runtime import Runtime
from minian_web.settings import Settings
from minian_web.state.registration import RegistrationState
from minian_web.store.layout import write_dataset

PAINTED = """() => {
  for (const document of window.Bokeh?.documents ?? [])
    for (const model of document._all_models.values())
      if (model.type === 'GlyphRenderer' && model.name === 'cells')
        return model.data_source.data.x.length > ATLEAST
  return false
}"""
FOUND = """(name => {
  const find = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.getAttribute?.('role') === 'menuitem' && element.innerText === name) return element
      const inside = element.shadowRoot && find(element.shadowRoot)
      if (inside) return inside
    }
  }
  return find(document)
})"""


def animal(sessions: int, cells: int, side: int = SIDE, frames: int = 1000) -> Path:
    """Folder of an animal whose cells were seen in shifted sessions, nine of ten of them in each."""
    name = f"animal-{sessions}x{cells}x{side}"
    return made(name, lambda part: write_animal(part, sessions, cells, side, frames))


def write_animal(path: Path, sessions: int, cells: int, side: int, frames: int) -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform(20, side - 20, (cells * 10 // 9, 2))
    for number in range(sessions):
        shift = rng.uniform(-12, 12, 2) if number else np.zeros(2)
        seen = np.sort(rng.choice(len(places), cells, replace=False))
        centres = np.clip(places[seen] + shift + rng.normal(0, 0.5, (cells, 2)), 8, side - 8)
        write_session(path / f"s{number:02}" / "minian", f"s{number:02}", centres, side, frames, rng)


def write_session(
    path: Path, session: str, centres: np.ndarray, side: int, frames: int, rng: np.random.Generator
) -> None:
    drawn = [phantom._draw_cell(tuple(centre), 7.0, rng) for centre in centres]
    ids = np.arange(len(drawn))
    brightest = np.zeros((side, side), np.float32)
    for cell in drawn:
        np.maximum(brightest, cell.image((side, side)), out=brightest, casting="unsafe")
    axes = {"frame": np.arange(frames), "height": np.arange(side), "width": np.arange(side), "unit_id": ids}

    def array(data: object, *dims: str) -> xr.DataArray:
        coords = {dim: axes[dim] for dim in dims} | {"animal": "bench", "session": session}
        return xr.DataArray(data, dims=dims, coords=coords)

    def image(block_id: tuple[int, ...]) -> np.ndarray:
        return drawn[block_id[0]].image((side, side))[None]

    a = da.map_blocks(image, chunks=((1,) * len(drawn), (side,), (side,)), dtype=np.float64, meta=np.empty((0, 0, 0)))
    calcium = rng.random((len(drawn), frames))
    variables = {
        "A": array(a, "unit_id", "height", "width"),
        "C": array(calcium, "unit_id", "frame"),
        "max_proj": array(200 * brightest, "height", "width"),
    }
    write_dataset(path, variables)


def computed(folder: Path, save: bool = False) -> tuple[float, dict[int, int]]:
    """Seconds to read, align and match all sessions with empty caches, and what came out."""
    with tempfile.TemporaryDirectory() as home:
        runtime = Runtime(Settings(roots=(folder,), state_dir=Path(home) / "s", cache_dir=Path(home) / "c"))
        state = RegistrationState(runtime=runtime, dataset=f"{folder.name}/s00/minian", reviewer="bench")
        state.open()
        while not state.found:
            time.sleep(0.01)
        begin = time.perf_counter()
        state.compute(state.sisters, 0, 5.0, True)
        while not state.draft:
            if state.message:
                raise RuntimeError(state.message)
            time.sleep(0.01)
        took, counts = time.perf_counter() - begin, state.current.matches.counts()
        if save:
            state.save()
            while state.draft and not state.error:
                time.sleep(0.01)
        runtime.close()
    return took, counts


def changes(page: Page) -> dict[str, tuple[str, str]]:
    """Milliseconds from a click until the last paint that it caused."""
    page.evaluate(CLOCK)
    boxes = [ticked(page, "show unmatched") for _ in range(16)]
    erosions = [picked(page, "erode", name) for name in ("3 px", "5 px", "7 px", "none") * 4]
    channels = [picked(page, "sessionB", name) for name in ("s01", "s02") * 8]
    return {
        "checkbox painted": (f"{summary(boxes)} ms", "200 ms"),
        "erode painted": (f"{summary(erosions)} ms", "200 ms"),
        "channel painted": (f"{summary(channels)} ms", "200 ms"),
    }


def ticked(page: Page, label: str) -> float:
    page.get_by_label(label).focus()
    page.evaluate("() => { window.mwClock.last = 0; window.mwStart = performance.now() }")
    page.keyboard.press("Space")
    return float(page.evaluate(AT_REST, QUIET))


def picked(page: Page, select: str, name: str) -> float:
    page.get_by_role("combobox", name=select).first.click()
    page.get_by_role("menuitem", name=name, exact=True).wait_for()
    page.evaluate(
        "() => { window.mwClock.last = 0; window.mwStart = performance.now(); "
        + f"{FOUND}({json.dumps(name)}).click() }}"
    )
    return float(page.evaluate(AT_REST, QUIET))


def on_page(cells: int) -> dict[str, tuple[str, str]]:
    folder = animal(3, cells)
    if not list(folder.glob("registration-*.json")):
        computed(folder, save=True)
    with serving(folder) as (server, page):
        shell = statistics.median(seconds_to(page, server.address("cross_registration"), SHELL) for _ in range(3))
        address = server.address("cross_registration", f"{folder.name}/s00/minian")
        idle = memory(server)
        first = seconds_to(page, address, PAINTED.replace("ATLEAST", "0"))
        everything = wait_for(page, PAINTED.replace("ATLEAST", str(int(2.5 * cells))))
        again = statistics.median(
            seconds_to(page, address, PAINTED.replace("ATLEAST", str(int(2.5 * cells)))) for _ in range(3)
        )
        page.wait_for_timeout(3000)
        rows = {
            "first overlay, beyond the shell": (f"{first - shell:.2f} s", "5 s"),
            "everything, beyond the shell": (f"{everything - shell:.2f} s", "10 s"),
            "reopened, beyond the shell": (f"{again - shell:.2f} s", "1.5 s"),
            "memory above idle": (f"{memory(server) - idle:.0f} MB", "-"),
        }
        return rows | changes(page)


def main() -> int:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"load {os.getloadavg()[0]:.1f}")
    took, counts = computed(animal(10, 2 * cells))
    print(f"| 10 sessions x {2 * cells} cells: read, align, match | {took:.1f} s, {counts[10]} in all | 60 s |")
    for name, (measured, budget) in on_page(cells).items():
        print(f"| {name} | {measured} | {budget} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
