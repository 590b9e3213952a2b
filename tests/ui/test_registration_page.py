"""Cross-Registration in a browser: matches are shown and judged; what was judged is there after kill -9."""

from __future__ import annotations

from playwright.sync_api import Page, expect

SESSION1 = "data/animal1/session1/minian"
SHOWN = """() => {
  for (const document of window.Bokeh?.documents ?? [])
    for (const model of document._all_models.values())
      if (model.type === 'GlyphRenderer' && model.name === 'cells') return model.data_source.data.x.length
  return 0
}"""


def until_shown(page: Page, count: int) -> None:
    """Wait until this many cells can be pointed at."""
    found = None
    for _ in range(200):
        found = page.evaluate(SHOWN)
        if found == count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{found} cells are shown, not {count}")


def test_a_match_is_judged_and_the_judgement_survives_a_kill(page, serve, own_root, reviewer, guard):
    server = serve(own_root)
    page.goto(server.address("cross_registration", SESSION1))
    until_shown(page, 27 + 27 + 21)
    expect(page.get_by_text("Match 0")).to_be_visible()
    expect(page.get_by_role("img", name="session2, unit 8")).to_be_visible()
    page.get_by_label("show unmatched").click()
    until_shown(page, 3 * 12)
    page.keyboard.press("k")
    expect(page.get_by_text("Kept: match 0")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("Match 1")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_text("Dropped: match 1")).to_be_visible()
    until_shown(page, 3 * 11)
    server.kill()
    again = serve(own_root)
    page.goto(again.address("cross_registration", SESSION1) + "&match=1")
    expect(page.locator(".badge.dropped")).to_be_visible()
    guard.errors = [error for error in guard.errors if "ERR_CONNECTION_REFUSED" not in error]  # from the kill


def test_a_registration_is_computed_and_saved(page, serve, own_root, reviewer):
    server = serve(own_root)
    page.goto(server.address("cross_registration", SESSION1))
    page.get_by_role("button", name="Compute", exact=True).click()
    page.get_by_role("button", name="Compute registration").click()
    expect(page.get_by_text("Not saved yet", exact=True)).to_be_visible()
    until_shown(page, 27 + 27 + 21)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("All changes saved")).to_be_visible()
    assert list((own_root / "animal1").glob("registration-*.parquet"))
