"""The Parameter Explorer in a real browser: forms, runs, results, runs on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SESSION = "data/animal1/session1/minian"
PAINTED = """() => {
  const figures = [...Bokeh.index.query(view => view.model?.type === 'Figure')]
  return figures.filter(view => view.model.inner_width > 0).length
}"""
SLOW = 30_000


@pytest.fixture
def explorer(page: Page, serve, own_root: Path) -> Page:
    server = serve(own_root)
    page.goto(server.address("parameter_explorer", SESSION))
    expect(page.get_by_role("tab", name="Seeds")).to_be_visible(timeout=SLOW)
    return page


def painted(page: Page, least: int) -> None:
    for _ in range(300):
        if page.evaluate(PAINTED) >= least:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{page.evaluate(PAINTED)} of {least} figures are painted")


def test_preprocessing_follows_what_is_typed(explorer: Page) -> None:
    painted(explorer, 5)
    explorer.get_by_label("ksize", exact=True).fill("3, 5, 4")
    expect(explorer.get_by_text("ksize must be odd, not 4")).to_be_visible(timeout=SLOW)
    painted(explorer, 7)
    explorer.get_by_label("ksize", exact=True).fill("x")
    expect(explorer.get_by_text("'x' is no whole number")).to_be_visible()


def test_a_run_is_seen_saved_opened_and_deleted(explorer: Page, own_root: Path) -> None:
    explorer.get_by_role("tab", name="Temporal update").click()
    explorer.get_by_label("Units").fill("1, 4")
    explorer.get_by_label("sparse_penal").fill("0.1, -1")
    explorer.get_by_role("button", name="Run").click()
    expect(explorer.get_by_text("sparse_penal must be a number from 0 on, not -1")).to_be_visible(timeout=SLOW)
    expect(explorer.get_by_text("2 of 2 units")).to_be_visible()
    explorer.get_by_role("button", name="Save results").click()
    expect(explorer.get_by_text("Saved as minian.temporal.")).to_be_visible(timeout=SLOW)
    assert list(own_root.rglob("run.json"))
    explorer.get_by_role("button", name="Delete").click()
    explorer.get_by_role("button", name="Really delete?").click()
    expect(explorer.get_by_text("Deleted.")).to_be_visible(timeout=SLOW)
    assert not list(own_root.rglob("run.json"))


def test_a_click_on_a_seed_shows_its_trace(explorer: Page) -> None:
    explorer.get_by_role("tab", name="Seeds").click()
    explorer.get_by_role("button", name="Run").click()
    expect(explorer.get_by_text("27 after merging")).to_be_visible(timeout=SLOW)
    painted(explorer, 1)
    figure = explorer.locator(".bk-Figure:visible").first
    figure.click(position={"x": 155, "y": 62})
    expect(explorer.get_by_text("Seed at height")).to_be_visible(timeout=SLOW)
