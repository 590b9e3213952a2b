"""Playback: frames painted a second, first frame, seek; with the plain way on the same file in the same run.

A frame counts as painted when its number, coded into its pixels, was read back from the canvas after a repaint.
Run: `python -m benchmarks.playback`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import zarr
from numcodecs import Blosc
from playwright.sync_api import Page

from benchmarks.browser import memory, serving, summary
from benchmarks.data import SIDE, made
from minian_web.store.frames import Frames
from minian_web.store.movies import find_movies
from tests.ui.conftest import free_port

FRAMES = 1032
CHUNKS = {"varr": 86, "Y_fm_chk": 86}
LENGTHS = (2_000, 200_000)
BITS, SQUARE = 12, 32
SECONDS = 8
NUMBER = f"""canvas => {{
  const row = canvas.getContext('2d').getImageData(0, 8, {BITS * SQUARE}, 1).data
  let number = 0
  for (let bit = 0; bit < {BITS}; bit++) if (row[4 * (bit * {SQUARE} + 16)] > 127) number |= 1 << bit
  return number
}}"""
WATCH = f"""seconds => new Promise(done => {{
  const number = {NUMBER}
  const canvases = minianPlayers[0].panels.map(one => one.screen.canvas)
  const seen = canvases.map(() => []), start = performance.now()
  const look = now => {{
    canvases.forEach((canvas, at) => {{
      const found = number(canvas), last = seen[at].at(-1)
      if (!last || last[0] !== found) seen[at].push([found, now])
    }})
    if (now - start < 1000 * seconds) requestAnimationFrame(look)
    else done({{seen, stalls: minianPlayers[0].counters.stalls, step: minianPlayers[0].clock.step}})
  }}
  requestAnimationFrame(look)
}})"""
# The reference is seen at its best: a new image counts when it is set, painted or not.
WATCH_REFERENCE = f"""seconds => new Promise(done => {{
  const models = [...Bokeh.documents[0]._all_models.values()]
  const model = models.find(one => one.type === 'ColumnDataSource' && one.data.image)
  const seen = [], start = performance.now()
  const look = now => {{
    const image = model.data.image[0]; let number = 0
    const flat = image.subarray ? image : image.data ?? image
    const rows = {SIDE}, row = (flat[(rows - 9) * {SIDE} + 500] === undefined) ? 8 : rows - 9
    for (let bit = 0; bit < {BITS}; bit++) if (flat[row * {SIDE} + bit * {SQUARE} + 16] > 127) number |= 1 << bit
    if (seen.at(-1) !== number) seen.push(number)
    if (now - start < 1000 * seconds) requestAnimationFrame(look); else done(seen)
  }}
  requestAnimationFrame(look)
}})"""
WAIT = """async ([position, ms]) => {
  const end = performance.now() + ms, start = performance.now()
  const painted = () => window.minianPlayers?.[0]?.panels.every(one => one.painted === position)
  while (!painted() && performance.now() < end) await new Promise(go => setTimeout(go, 2))
  return painted() ? performance.now() - start : NaN
}"""
SEEK = "position => minianPlayers[0].seek(position)"


def coded_movie() -> Path:
    """Folder `playback` with a uint8 and a float32 movie of 608 x 608 whose frames carry their number."""
    return made(f"playback-{FRAMES}", lambda part: write_movies(part / "playback")) / "playback"


def write_movies(folder: Path) -> None:
    for name, chunk in CHUNKS.items():
        dtype = "uint8" if name == "varr" else "float32"
        root = zarr.create_group(folder / f"{name}.zarr", zarr_format=2, overwrite=True)
        codec = Blosc("lz4", 5, Blosc.SHUFFLE)
        shape = (FRAMES, SIDE, SIDE)
        array = root.create_array(name, shape=shape, chunks=(chunk, SIDE, SIDE), dtype=dtype, compressors=codec)
        array.attrs["_ARRAY_DIMENSIONS"] = ["frame", "height", "width"]
        for start in range(0, FRAMES, chunk):
            array[start : start + chunk] = frames(start, min(start + chunk, FRAMES)).astype(dtype)
        for dim, size in zip(("frame", "height", "width"), shape, strict=True):
            axis = root.create_array(dim, shape=(size,), chunks=(size,), dtype="int64")
            axis[:] = np.arange(size)
            axis.attrs["_ARRAY_DIMENSIONS"] = [dim]


def sparse_movies() -> Path:
    """Folders of a short and of a very long uint8 movie of which only a few chunks are on disk."""

    def write(part: Path) -> None:
        for count in LENGTHS:
            root = zarr.create_group(part / f"long{count}" / "varr.zarr", zarr_format=2, overwrite=True)
            codec = Blosc("lz4", 5, Blosc.SHUFFLE)
            shape = (count, SIDE, SIDE)
            array = root.create_array("varr", shape=shape, chunks=(86, SIDE, SIDE), dtype="uint8", compressors=codec)
            array.attrs["_ARRAY_DIMENSIONS"] = ["frame", "height", "width"]
            for place in real_chunks(count):
                array[place : place + 86] = frames(place % 4096, place % 4096 + 86).astype("uint8")
            for dim, size in zip(("frame", "height", "width"), shape, strict=True):
                axis = root.create_array(dim, shape=(size,), chunks=(size,), dtype="int64")
                axis[:] = np.arange(size)
                axis.attrs["_ARRAY_DIMENSIONS"] = [dim]

    return made("playback-lengths-1", write)


def real_chunks(count: int) -> list[int]:
    """First frames of the chunks that are on disk, over the whole movie."""
    last = count // 86 - 1
    return sorted({86 * round(part * last / 6) for part in range(7)})


def lengths(page: Page, address: str, count: int) -> str:
    opened = [first_frame(page, address) for _ in range(4)]
    cancel = page.get_by_role("button", name="Cancel")
    if cancel.count():
        cancel.first.click()
    found = []
    for place in real_chunks(count)[1:]:
        page.wait_for_timeout(300)
        page.evaluate(SEEK, place + 40)
        found.append(page.evaluate(WAIT, [place + 40, 20_000]))
    return f"first frame {summary(opened)}; cold seeks {summary(found)}"


def shared(folder: Path) -> str:
    """Two viewers of one movie at the same time, in this process."""
    movie = next(one for one in find_movies(folder)[0] if one.variable == "varr")
    kept = Frames()

    def view() -> None:
        for start in range(0, 4 * 86, 43):
            kept.read(movie, range(start, start + 43))

    viewers = [threading.Thread(target=view) for _ in range(2)]
    for one in viewers:
        one.start()
    for one in viewers:
        one.join()
    return f"{kept.decoded} chunks decoded for 2 x 4 chunks looked at"


def frames(start: int, stop: int) -> np.ndarray:
    """Noise on a bright field, as real frames are, with the number of each frame in squares at its upper edge."""
    rng = np.random.default_rng(start)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    field = 80 + 60 * np.exp(-((rows - SIDE / 2) ** 2 + (columns - SIDE / 2) ** 2) / (2 * 200**2))
    found = np.clip(field + rng.normal(0, 8, (stop - start, SIDE, SIDE)), 0, 255)
    for offset, number in enumerate(range(start, stop)):
        for bit in range(BITS):
            found[offset, :SQUARE, bit * SQUARE : (bit + 1) * SQUARE] = 255 * (number >> bit & 1)
    return found


def play(page: Page, address: str, fps: float) -> str:
    page.goto(address)
    page.evaluate(WAIT, [0, 60_000])
    page.evaluate("fps => { minianPlayers[0].model.fps = fps }", fps)
    page.evaluate("() => minianPlayers[0].play()")
    page.wait_for_timeout(1500)
    found = page.evaluate(WATCH, SECONDS)
    page.evaluate("() => minianPlayers[0].pause()")
    return "; ".join(rates(seen, fps) for seen in found["seen"]) + f"; {found['stalls']} stalls, step {found['step']}"


def rates(seen: list[list[float]], fps: float) -> str:
    numbers, times = np.array([one[0] for one in seen]), np.array([one[1] for one in seen]) / 1000
    span = times[-1] - times[0]
    late = np.abs(np.diff(times) - np.diff(numbers) / fps) * 1000
    order = "in order" if (np.diff(numbers) > 0).all() else "OUT OF ORDER"
    return (
        f"{(len(seen) - 1) / span:.1f} painted/s, clock {(numbers[-1] - numbers[0]) / span:.2f}/s, {order}, "
        f"jitter p95 {np.percentile(late, 95):.0f} ms"
    )


def seeks(page: Page, address: str, positions: list[int]) -> list[float]:
    page.goto(address)
    page.evaluate(WAIT, [0, 60_000])
    found = []
    for position in positions:
        page.wait_for_timeout(300)
        page.evaluate(SEEK, position)
        found.append(page.evaluate(WAIT, [position, 20_000]))
    return found


def first_frame(page: Page, address: str) -> float:
    page.goto(address, wait_until="commit")
    page.evaluate(WAIT, [0, 60_000])
    return float(page.evaluate("performance.now()"))


def shell(page: Page, address: str) -> float:
    page.goto(address, wait_until="commit")
    page.get_by_text("Parameter Explorer").first.wait_for()
    return float(page.evaluate("performance.now()"))


@contextlib.contextmanager
def pages(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.playback_pages", str(folder), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with (
                    contextlib.suppress(OSError),
                    urllib.request.urlopen(f"http://localhost:{port}/liveness", timeout=2),
                ):
                    break
                time.sleep(0.2)
            yield f"http://localhost:{port}/"
        finally:
            process.terminate()


def plain(page: Page, address: str) -> str:
    page.goto(address)
    page.wait_for_timeout(5000)
    page.evaluate(
        "() => { [...Bokeh.documents[0]._all_models.values()].find(m => m.type.includes('Player')).direction = 1 }"
    )
    page.wait_for_timeout(1500)
    return f"{len(page.evaluate(WATCH_REFERENCE, SECONDS)) / SECONDS:.1f} set/s"


def say(what: str, found: str) -> None:
    print(f"| {what} | {found} |", flush=True)


def main() -> None:
    folder = coded_movie()
    cold = list(range(129, FRAMES, 86))
    print(f"load before {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n\n| what | measured |\n|---|---|")
    with serving(folder) as (server, page):
        idle = memory(server)
        address = {name: server.address("movie_viewer", "playback") + f"&movie=playback/{name}" for name in CHUNKS}
        empty = [shell(page, server.address("cross_registration")) for _ in range(5)]
        firsts = [first_frame(page, address["Y_fm_chk"]) for _ in range(5)]
        say("shell (ms)", summary(empty))
        say("first frame painted, from the address (ms)", summary(firsts))
        say("seek, cold chunk of 86 float32 frames (ms)", summary(seeks(page, address["Y_fm_chk"], cold)))
        say("seek, chunk cached (ms)", summary(seeks(page, address["Y_fm_chk"], [one + 30 for one in cold[-4:]])))
        for name, fps in (("varr", 30), ("Y_fm_chk", 30), ("varr", 60), ("Y_fm_chk", 60)):
            say(f"{name}, asked {fps}", play(page, address[name], fps))
        say("memory above idle after playing (MB)", f"{memory(server) - idle:.0f}")
        two = address["Y_fm_chk"] + "&beside=playback/varr"
        say("two movies side by side, whole page, asked 30", play(page, two, 30))
        with pages(folder) as other:
            say("two movies on one clock, bare page, asked 30", play(page, f"{other}two", 30))
            say("plain Player, DynamicMap, websocket: varr", plain(page, f"{other}reference?movie=varr"))
            say("plain Player, DynamicMap, websocket: Y_fm_chk", plain(page, f"{other}reference?movie=Y_fm_chk"))
    long = sparse_movies()
    with serving(long) as (server, page):
        for count in LENGTHS:
            place = server.address("movie_viewer", f"{long.name}/long{count}")
            say(f"{count} frames (ms)", lengths(page, place, count))
    say("two viewers of one movie", shared(folder))
    print(f"\nload after {os.getloadavg()[0]:.1f}; {psutil.virtual_memory().available / 2**30:.0f} GB free")


if __name__ == "__main__":
    main()
