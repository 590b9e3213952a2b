"""The Movie Viewer in a real browser: frames are painted when they are due, boxes are drawn and saved."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from minian_web.store.movies import Movie, find_movies
from minian_web.store.zarrs import read
from tests.movies import numbered, write_movie
from tests.ui.conftest import Guard, Server, free_port

SESSION = "data/animal1/session1/minian"
FRAMES = 600
UNTIL = """async ([condition, ms]) => {
  const painted = () => minianPlayers[0].panels[0].painted
  const brightest = () => {
    const {canvas} = minianPlayers[0].panels[0].screen
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return data.reduce((most, value, at) => at % 4 === 3 ? most : Math.max(most, value), 0)
  }
  const holds = {
    painted: () => painted() === minianPlayers[0].position,
    at: () => painted() === condition.at,
    brightest: () => brightest() >= condition.brightest[0] && brightest() <= condition.brightest[1],
  }
  const name = typeof condition === 'string' ? condition : Object.keys(condition)[0], end = performance.now() + ms
  while (performance.now() < end) {
    try { if (holds[name]()) return true } catch { /* not there yet */ }
    await new Promise(go => setTimeout(go, 10))
  }
  return false
}"""
PLACE = """([x, y]) => {
  const {view} = minianPlayers[0].panels[0].screen, box = view.canvas_view.events_el.getBoundingClientRect()
  return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
}"""
SUMMARY = """x => {
  const id = minianPlayers[0].model.cursor_ids[0], has = model => model.center.some(one => one.id === id)
  const view = Bokeh.index.query(v => v.model.type === 'Figure' && has(v.model)).next().value
  const box = view.canvas_view.events_el.getBoundingClientRect()
  return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.bbox.top + 20]
}"""
STATE = """() => {
  const one = minianPlayers[0]
  return {painted: one.counters.painted, position: one.position, playing: one.playing, now: performance.now()}
}"""
CURSOR = "() => Bokeh.documents[0].get_model_by_id(minianPlayers[0].model.cursor_ids[0]).location"
LEVELS = "() => Array.from(minianPlayers[0].panels[0].feed.frames.get(minianPlayers[0].position).levels)"
BOUNDS = ".box input[type=number]"


def until(page: Page, condition: object, seconds: float = 40) -> None:
    assert page.evaluate(UNTIL, [condition, seconds * 1000]), f"not {condition} within {seconds} s"


def opened(page: Page, server: Server, query: str = "", dataset: str = SESSION) -> Page:
    page.goto(server.address("movie_viewer", dataset) + query)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=60_000)
    until(page, "painted")
    return page


def state(page: Page) -> dict:
    return page.evaluate(STATE)


def movie(root: Path) -> Movie:
    movies, _ = find_movies(root / "animal1" / "session1" / "minian_intermediate")
    return next(one for one in movies if one.variable == "Y_fm_chk")


def values(root: Path) -> np.ndarray:
    return read(movie(root).array)


def numbers(page: Page) -> list[str]:
    return page.locator(BOUNDS).evaluate_all("all => all.map(one => one.value)")


def at_rest(page: Page) -> None:
    """Wait until the figures have found their size."""
    places = []
    while len(places) < 4 or places[-1] != places[-4]:
        places.append(page.evaluate(PLACE, [10, 10]))
        page.wait_for_timeout(250)
        assert len(places) < 80


def draw(page: Page, corners: list[list[float]]) -> None:
    at_rest(page)
    start, stop = (page.evaluate(PLACE, corner) for corner in corners)
    page.keyboard.down("Shift")
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2, steps=4)
    page.mouse.move(*stop, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")


def test_the_first_frame_is_there_and_nothing_plays_by_itself(page: Page, server: Server) -> None:
    opened(page, server)
    before = state(page)
    page.wait_for_timeout(700)
    assert state(page)["position"] == before["position"] == 0
    assert not state(page)["playing"]
    expect(page.get_by_text("160 × 128 px, 600 frames, float32")).to_be_visible()


def test_the_painted_levels_are_those_of_the_movie(page: Page, server: Server, data_root: Path) -> None:
    opened(page, server, "&frame=321")
    frame = values(data_root)[321].astype(float).ravel()
    levels = np.array(page.evaluate(LEVELS), float)
    low, high = page.evaluate("() => { const r = minianPlayers[0].panels[0].feed.range; return [r.low, r.high] }")
    expected = np.clip((frame - low) * 255 / (high - low), 0, 255)
    assert np.abs(levels - expected).max() <= 0.51


def test_it_plays_at_the_asked_rate_and_stops_at_once(page: Page, server: Server) -> None:
    opened(page, server)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(2000)
    assert any(abs(rate(page) / 30 - 1) < 0.03 for _ in range(4)), "never 30 frames a second"
    page.get_by_role("button", name="Pause", exact=True).click()
    until(page, "painted")
    stopped = state(page)
    page.wait_for_timeout(700)
    assert state(page)["painted"] == stopped["painted"]
    assert state(page)["position"] == stopped["position"]


def rate(page: Page) -> float:
    """Frames that the clock went on in a second; another process may take the computer away meanwhile."""
    first = state(page)
    page.wait_for_timeout(2500)
    last = state(page)
    return 1000 * (last["position"] - first["position"]) / (last["now"] - first["now"])


def test_keys(page: Page, server: Server) -> None:
    opened(page, server)
    for key, position in (("ArrowRight", 1), ("Shift+ArrowRight", 11), ("ArrowLeft", 10), ("End", 599), ("Home", 0)):
        page.keyboard.press(key)
        until(page, {"at": position})
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_the_address_names_the_frame(page: Page, server: Server) -> None:
    opened(page, server, "&frame=123")
    assert state(page)["position"] == 123
    page.get_by_label("Frame", exact=True).fill("200")
    page.get_by_label("Frame", exact=True).press("Enter")
    until(page, {"at": 200})
    expect(page).to_have_url(re.compile("movie=minian_intermediate/Y_fm_chk.*frame=200|frame=200.*Y_fm_chk"))


def test_an_unknown_frame_is_said_and_the_last_one_shown(page: Page, server: Server) -> None:
    opened(page, server, "&frame=99999")
    expect(page.get_by_role("alert")).to_contain_text("There is no frame 99999")
    assert state(page)["position"] == FRAMES - 1


def test_statistics_follow_and_a_click_goes_to_the_frame(page: Page, server: Server) -> None:
    opened(page, server)
    expect(page.get_by_text("Frame 0: mean")).to_be_visible(timeout=60_000)
    at_rest(page)
    page.mouse.click(*page.evaluate(SUMMARY, 400))
    expect(page.get_by_text(re.compile(r"Frame (399|40[01]): mean"))).to_be_visible()
    assert abs(state(page)["position"] - 400) <= 1
    assert page.evaluate(CURSOR) == state(page)["position"]


def test_the_value_under_the_pointer_is_the_stored_one(page: Page, server: Server, data_root: Path) -> None:
    opened(page, server, "&frame=50")
    stored = values(data_root)[50, 76, 84]
    page.mouse.move(*page.evaluate(PLACE, [84, 76]))
    expect(page.get_by_text(f"width 84, height 76: {stored:g}", exact=True)).to_be_visible()


def test_contrast_is_painted_at_once(page: Page, server: Server) -> None:
    opened(page, server)
    page.get_by_label("Upper limit").fill("4")
    page.get_by_label("Upper limit").press("Enter")
    until(page, {"brightest": [255, 255]})
    page.get_by_role("button", name="Full").click()
    until(page, {"brightest": [1, 100]})
    page.get_by_label("Upper limit").fill("-7")
    page.get_by_label("Upper limit").press("Enter")
    expect(page.locator(".tools .message")).to_contain_text("must be a number below")


def test_a_box_is_drawn_saved_and_there_again(page: Page, serve, own_root: Path, guard: Guard) -> None:
    server = serve(own_root)
    opened(page, server)
    draw(page, [[30, 30], [90, 80]])
    expect(page.locator(".box")).to_have_count(1)
    height = [float(text) for text in numbers(page)[:2]]
    assert height == pytest.approx([30, 80], abs=1.5)
    expect(page.locator("[data-saving]")).to_have_text("Not saved yet")
    page.get_by_role("button", name="Save mask").click()
    expect(page.locator("[data-saving]")).to_have_text("Saved")
    saved = numbers(page)
    opened(page, server)
    expect(page.locator(".box")).to_have_count(1)
    assert numbers(page) == saved
    page.locator(BOUNDS).first.fill("5000")
    page.locator(BOUNDS).first.press("Enter")
    expect(page.locator(".tools .message")).to_contain_text("begins at 5000")
    assert numbers(page) == saved
    page.mouse.click(*page.evaluate(PLACE, [60, 55]))
    page.keyboard.press("Backspace")
    expect(page.locator(".box")).to_have_count(0)
    guard.errors = [error for error in guard.errors if "not connected" not in error]  # of the page that was left


def test_a_box_outside_of_the_frame_is_refused(page: Page, server: Server) -> None:
    opened(page, server)
    draw(page, [[-40, 30], [-20, 60]])
    expect(page.locator(".tools .message")).to_contain_text("outside of the frame")
    expect(page.locator(".box")).to_have_count(0)


def test_a_truncated_chunk_is_named(page: Page, serve, own_root: Path, guard: Guard) -> None:
    chunk = movie(own_root).array.path / "0.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-5])
    server = serve(own_root)
    page.goto(server.address("movie_viewer", SESSION))
    expect(page.get_by_role("alert")).to_contain_text("0.0.0", timeout=60_000)
    expect(page.locator(".player .status")).to_contain_text("0.0.0")
    page.goto("about:blank")  # it is asked again and again
    guard.errors = [error for error in guard.errors if "422" not in error]


def test_a_dataset_without_movies_says_where_they_are_looked_for(page: Page, server: Server) -> None:
    page.goto(server.address("movie_viewer", "data/animal1/session2/minian"))
    expect(page.get_by_text("No movie was found beside this dataset")).to_be_visible(timeout=60_000)


def test_a_server_that_comes_back_is_asked_again(page: Page, server: Server, guard: Guard) -> None:
    opened(page, server)
    page.route("**/frames?*", lambda route: route.abort())
    page.evaluate("() => minianPlayers[0].seek(555)")
    expect(page.locator(".player .status")).to_contain_text("cannot be reached")
    page.unroute("**/frames?*")
    until(page, {"at": 555}, 60)
    expect(page.locator(".player .status")).to_have_text("")
    guard.errors = [error for error in guard.errors if "ERR_FAILED" not in error]


def test_frames_come_over_the_websocket_where_there_is_no_address_for_them(
    page: Page, own_root: Path, tmp_path: Path, guard: Guard
) -> None:
    port, app = free_port(), Path(__file__).parents[2] / "app" / "movie_viewer.py"
    settings = {"ROOTS": str(own_root), "CACHE_DIR": str(tmp_path / "cache"), "STATE_DIR": str(tmp_path / "state")}
    env = {**os.environ, **{f"MINIAN_WEB_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "panel", "serve", str(app), "--port", str(port), "--liveness"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/liveness")
            page.goto(f"http://localhost:{port}/movie_viewer?dataset={SESSION}&frame=33")
            until(page, {"at": 33}, 60)
        finally:
            process.terminate()
    guard.errors = [error for error in guard.errors if "404" not in error]


def wait_for(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer")


def test_a_loop_is_played_again_and_again(page: Page, server: Server) -> None:
    opened(page, server, "&frame=100")
    page.keyboard.press("[")
    page.keyboard.press("Shift+ArrowRight")
    until(page, {"at": 110})
    page.keyboard.press("]")
    expect(page.get_by_role("button", name="End the loop")).to_have_text("100 – 110 ×")
    page.keyboard.press("Space")
    seen = {state(page)["position"] for _ in range(40) if page.wait_for_timeout(30) is None}
    page.keyboard.press("Space")
    assert len(seen) > 5
    assert seen <= set(range(100, 111))
    page.keyboard.press("\\")
    expect(page.get_by_role("button", name="End the loop")).to_be_hidden()


def test_movies_side_by_side_run_on_one_clock_and_zoom_together(page: Page, serve, tmp_path: Path) -> None:
    for name in ("varr", "varr_ref"):
        write_movie(tmp_path / "root" / "two", numbered(40, 32, 40), chunks=(10, 32, 40), name=name)
    opened(page, serve(tmp_path / "root"), dataset="root/two")
    page.get_by_label("two/varr_ref", exact=True).check()
    painted = "() => minianPlayers[0].panels.map(one => one.painted)"
    expect(page.locator(".histogram")).to_have_count(2)
    page.keyboard.press("Shift+ArrowRight")
    for _ in range(100):
        if page.evaluate(painted) == [10, 10]:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(painted) == [10, 10]
    ranges = "() => minianPlayers[0].panels.map(one => one.screen.view.model.x_range.id)"
    first, second = page.evaluate(ranges)
    assert first == second


def test_dragging_over_the_histogram_sets_the_limits(page: Page, server: Server) -> None:
    opened(page, server)
    expect(page.get_by_label("Upper limit")).not_to_have_value("")
    at_rest(page)
    box = page.locator(".histogram").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20, steps=4)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20, steps=4)
    page.mouse.up()
    whole = page.evaluate("() => minianPlayers[0].panels[0].whole")
    expect(page.get_by_role("button", name="Auto")).to_have_attribute("aria-pressed", "false")
    low, high = (float(page.get_by_label(f"{end} limit").input_value()) for end in ("Lower", "Upper"))
    span = whole["high"] - whole["low"]
    assert abs((low - whole["low"]) / span - 0.1) < 0.02
    assert abs((high - whole["low"]) / span - 0.5) < 0.02


def test_a_clip_and_a_picture_are_downloaded(page: Page, server: Server, tmp_path: Path) -> None:
    opened(page, server)
    with page.expect_download() as picture:
        page.get_by_role("button", name="Picture (PNG)").click()
    assert picture.value.suggested_filename == "Y_fm_chk_frame0.png"
    page.keyboard.press("End")
    until(page, {"at": FRAMES - 1})
    page.get_by_role("button", name="Write").click()
    link = page.get_by_role("link", name="Download Y_fm_chk.mp4")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as clip:
        link.click()
    clip.value.save_as(tmp_path / "clip.mp4")
    probe = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"]
    counted = subprocess.run([*probe, str(tmp_path / "clip.mp4")], capture_output=True, text=True, check=True)
    assert int(counted.stdout) == FRAMES


def test_a_click_on_a_unit_opens_it_in_the_review(page: Page, server: Server) -> None:
    opened(page, server, "&frame=33")
    expect(page.get_by_label("Outlines of the units")).to_be_checked(timeout=60_000)
    at_rest(page)
    page.mouse.click(*page.evaluate(PLACE, [72, 37]))
    page.wait_for_url(re.compile(r"cnmf_review\?.*unit=\d+.*frame=33"), timeout=60_000, wait_until="commit")
