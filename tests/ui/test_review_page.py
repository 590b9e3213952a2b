"""CNMF Review in a browser: a session's cells are looked at and decided, and it is all there after kill -9."""

import csv
import io
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from minian_web.store.datasets import open_dataset
from tests.stores import stored
from tests.ui.conftest import MAIN

SESSION1 = "data/animal1/session1/minian"
SESSION3 = "data/animal1/session3/minian"
PLACE = """([title, x, y]) => {
  for (const view of Bokeh.index.query(v => v.model?.type === 'Figure' && v.model.title?.text === title)) {
    const box = view.canvas_view.el.getBoundingClientRect()
    return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
  }
}"""


def open_review(page: Page, server, dataset: str, more: str = "") -> None:
    page.goto(server.address("cnmf_review", dataset) + more)
    expect(page.locator(".unit.current")).to_be_visible()


def row(page: Page, unit: int):
    return page.locator(f".unit[data-unit='{unit}']")


def expect_saved(page: Page) -> None:
    expect(page.locator(".saved[data-saving=saved]")).to_be_visible()


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the map is on the screen, once the map has its size."""
    before = None
    for _ in range(100):
        now = page.evaluate(PLACE, ["Footprints", x, y])
        if now is not None and now == before:
            return tuple(now)
        before = now
        page.wait_for_timeout(300)
    raise AssertionError("the map does not come to rest")


def click_unit(page: Page, dataset, unit: int, *modifiers: str) -> None:
    """Click on a unit in the map of footprints."""
    footprints = dataset.footprints()
    height, width = footprints.centroids[footprints.position(unit)]
    x, y = place(page, float(dataset.widths[0] + width), float(dataset.heights[0] + height))
    for key in modifiers:
        page.keyboard.down(key)
    page.mouse.click(x, y)
    for key in modifiers:
        page.keyboard.up(key)


def exported(root, state_dir) -> dict[int, dict[str, str]]:
    """Labels as the command line exports them."""
    out = state_dir.parent / "labels.csv"
    command = [sys.executable, "-c", MAIN, "export", str(root / "animal1/session1/minian"), "--labels", str(out)]
    subprocess.run([*command, "--state-dir", str(state_dir)], check=True, capture_output=True)
    return {int(line["unit_id"]): line for line in csv.DictReader(io.StringIO(out.read_text()))}


def test_decisions_survive_kill_9(page, own_root, serve, reviewer, guard):
    server = serve(own_root)
    dataset = open_dataset(own_root / "animal1/session1/minian")
    open_review(page, server, SESSION1, "&unit=10")
    expect(row(page, 10)).to_have_class("unit current")
    click_unit(page, dataset, 11, "Shift")
    expect(row(page, 11).locator(".mark")).to_be_checked()
    page.keyboard.press("m")
    expect(row(page, 10)).to_contain_text("merged with 11")
    click_unit(page, dataset, 12)
    expect(row(page, 12)).to_have_class("unit current")
    page.keyboard.press("d")
    expect(page.locator(".counts")).to_contain_text("1 discarded")
    expect_saved(page)
    server.kill()
    page.goto("about:blank")
    guard.errors.clear()  # the browser told that its server is gone

    again = serve(own_root)
    open_review(page, again, SESSION1, "&unit=10")
    expect(row(page, 10)).to_contain_text("merged with 11")
    expect(page.locator(".counts")).to_contain_text("1 discarded")
    expect(page.locator(".counts")).to_contain_text("2 merged")
    for name in ("A", "C", "S", "b0", "c0"):
        group = dataset.path / f"{name}.zarr"
        labels = dict(zip(stored(group / "unit_id").tolist(), stored(group / "unit_labels").tolist(), strict=True))
        assert (labels[10], labels[11], labels[12]) == (10, 10, -1), name
        assert all(label == unit for unit, label in labels.items() if unit not in (11, 12)), name
    page.close()
    again.kill()
    table = exported(own_root, again.state_dir)
    assert [table[unit]["unit_label"] for unit in (10, 11, 12)] == ["10", "10", "-1"]
    assert [table[unit]["status"] for unit in (10, 11, 12)] == ["merged", "merged", "discarded"]
    assert table[12]["reviewer"] == reviewer


def test_keys_buttons_undo_and_redo(page, own_root, serve, reviewer):
    open_review(page, serve(own_root), SESSION1)
    first = int(page.locator(".unit.current").get_attribute("data-unit"))
    page.keyboard.press("k")
    expect(row(page, first)).to_contain_text("kept")
    expect(row(page, first)).to_have_class("unit")
    page.get_by_role("button", name="Undo").click()
    expect(row(page, first)).to_contain_text("undecided")
    page.keyboard.press("Control+y")
    expect(row(page, first)).to_contain_text("kept")
    page.keyboard.press("n")
    expect(page.get_by_text("Group 2 of")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(".counts")).to_contain_text("1 discarded")
    page.keyboard.press("p")
    expect(page.get_by_text("Group 1 of")).to_be_visible()
    expect_saved(page)


def test_the_name_is_asked_once_and_written_into_the_log(page, own_root, serve):
    server = serve(own_root)
    open_review(page, server, SESSION1)
    unit = int(page.locator(".unit.current").get_attribute("data-unit"))
    page.keyboard.press("k")
    page.get_by_role("textbox", name="Reviewer").fill("Grace")
    page.keyboard.press("Enter")
    expect(row(page, unit)).to_contain_text("kept")
    expect_saved(page)
    assert '"Grace"' in (own_root / "animal1/session1/minian/curation.jsonl").read_text()
    page.reload()
    expect(row(page, unit)).to_contain_text("kept")
    page.keyboard.press("d")
    expect(page.get_by_role("textbox", name="Reviewer")).not_to_be_visible()


def test_labels_of_a_notebook_are_imported_decisions(page, server):
    open_review(page, server, SESSION3, "&unit=2")
    expect(row(page, 2)).to_contain_text("merged with 3, 4")
    expect(page.locator(".counts")).to_contain_text("1 discarded")
    expect(page.locator(".counts")).to_contain_text("3 merged")


def test_box_select_walks_through_the_units_inside(page, server):
    open_review(page, server, SESSION3)
    dataset = open_dataset(server.root / "animal1/session3/minian")
    heights, widths = dataset.heights, dataset.widths
    middle = (float(widths[len(widths) // 2]), float(heights[len(heights) // 2]))
    start, end = place(page, float(widths[2]), float(heights[2])), place(page, *middle)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()
    expect(page.get_by_text("in box")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("in box")).not_to_be_visible()


def test_playing_shows_the_activity_and_the_movie(page, server):
    open_review(page, server, SESSION1)
    expect(page.get_by_label("Movie").first).to_be_visible()
    page.wait_for_timeout(1000)
    before = page.evaluate("window.minianPlayers.at(-1).counters.painted")
    page.keyboard.press("Space")
    page.wait_for_timeout(3000)
    page.keyboard.press("Space")
    panels = page.evaluate("window.minianPlayers.at(-1).panels.map(panel => panel.painted)")
    assert page.evaluate("window.minianPlayers.at(-1).counters.painted") > before + 15
    assert len(set(panels)) == 1, "activity and movie show the same frame"
    assert panels[0] > 10


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?dataset=../../etc", "dataset"),
        ("?dataset=data/none/minian", "data/none/minian"),
        (f"?dataset={SESSION3}&frame=99999", "There is no frame 99999"),
        (f"?dataset={SESSION3}&unit=777", "There is no unit 777"),
    ],
)
def test_bad_addresses_are_explained(page, server, query, said):
    page.goto(server.address("cnmf_review") + query)
    expect(page.get_by_role("alert").or_(page.get_by_role("status")).filter(has_text=said).first).to_be_visible()
    expect(page.get_by_text("Traceback")).not_to_be_visible()


def test_read_only_is_said_before_any_work(page, own_root, serve):
    server = serve(own_root, "--read-only")
    open_review(page, server, SESSION1)
    expect(page.get_by_text("Nothing can be decided here")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator(".counts")).to_contain_text("0 kept")
