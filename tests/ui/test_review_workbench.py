"""The panels beside the traces: table, merge queue, raster, history, sets."""

from playwright.sync_api import Page, expect

from tests.ui.test_review_page import SESSION1, expect_saved, open_review


def filtered(page: Page, text: str) -> None:
    field = page.locator("input[type=search]:visible").last
    field.fill(text)
    field.press("Enter")


def test_table_queue_and_history(page, own_root, serve, reviewer, guard):
    server = serve(own_root)
    open_review(page, server, SESSION1)
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.locator("tr[data-id]")).to_have_count(27)
    expect(page.locator("th", has_text="SNR")).to_be_visible()
    filtered(page, "undecided area<700")
    expect(page.locator("tr[data-id]")).to_have_count(2)
    page.locator("button.act[data-name=discard]").click()
    expect(page.locator(".counts")).to_contain_text("2 discarded")
    expect_saved(page)
    page.keyboard.press("Control+z")
    expect(page.locator(".counts")).to_contain_text("0 discarded")

    page.get_by_role("button", name="Merge queue").click()
    expect(page.get_by_role("button", name="One cell")).to_be_visible()
    expect(page.locator("input[type=search]:visible").last).to_have_value("overlap>0.3 corr>0.7")
    filtered(page, "overlap>0.05 corr>0")
    expect(page.locator("tr[data-id]:visible").first).to_contain_text("6, 8, 12")
    page.keyboard.press("q")
    page.keyboard.press("m")
    expect(page.locator(".counts")).to_contain_text("3 merged")
    page.keyboard.press("x")
    expect_saved(page)

    page.get_by_role("button", name="History").click()
    expect(page.get_by_text("called different cells")).to_be_visible()
    expect(page.get_by_text("applied a rule")).to_be_visible()
    page.get_by_role("button", name="Go back here").last.click()
    expect(page.locator(".counts")).to_contain_text("2 discarded")
    expect(page.locator(".counts")).to_contain_text("0 merged")
    expect_saved(page)
