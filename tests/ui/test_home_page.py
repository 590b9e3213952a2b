"""The home page, as a person uses it."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import Page, expect

SESSION1 = "data/animal1/session1/minian"
SESSION3 = "data/animal1/session3/minian"


def row(page: Page, name: str):
    return page.locator(".tabulator-row", has_text=name)


@pytest.fixture
def home(page: Page, server) -> Page:
    page.goto(server.url)
    expect(row(page, SESSION1)).to_contain_text("600")
    return page


def test_every_session_is_listed_with_its_facts(home: Page):
    expect(home.locator(".tabulator-row")).to_have_count(3)
    expect(row(home, SESSION1)).to_contain_text("animal1")
    expect(row(home, SESSION1)).to_contain_text("session1")
    expect(row(home, SESSION1)).to_contain_text("128 × 160")
    expect(row(home, SESSION1)).to_contain_text("not yet")
    expect(row(home, SESSION3)).to_contain_text("curated (4 of 24)")
    expect(home.get_by_text("3 datasets")).to_be_visible()


def test_typing_filters_the_table(home: Page):
    home.get_by_label("Filter by animal").press_sequentially("session3", delay=20)
    expect(home.locator(".tabulator-row")).to_have_count(1)
    expect(row(home, SESSION3)).to_be_visible()
    expect(home.get_by_text("1 of 3 datasets")).to_be_visible()


def test_a_chosen_dataset_is_previewed_and_in_the_address(home: Page, server):
    row(home, SESSION1).click()
    expect(home.locator(".card h2")).to_have_text(SESSION1)
    picture = home.locator(".card img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [160, 128]
    expect(home.locator(".card")).to_contain_text("600 frames of 128 × 160 pixels")
    expect(home.locator(".card")).to_contain_text("varr_ref")
    expect(home.locator(".card")).to_contain_text("curation.jsonl")
    expect(home).to_have_url(server.address(dataset=SESSION1))
    home.reload()
    expect(home.locator(".card h2")).to_have_text(SESSION1)


@pytest.mark.parametrize("title", ["CNMF Review", "Movie Viewer", "Cross-Registration", "Parameter Explorer"])
def test_the_preview_opens_the_dataset_in_each_page(home: Page, server, title: str):
    row(home, SESSION1).click()
    home.locator(".card").get_by_role("link", name=title).click()
    expect(home).to_have_url(re.compile(rf"/{title.lower().replace(' ', '_').replace('-', '_')}\?dataset={SESSION1}"))
    expect(home.locator("nav a[aria-current]")).to_have_text(title)
    expect(home.get_by_role("combobox", name="Dataset")).to_have_value(SESSION1)


def test_arrows_choose_and_enter_opens(home: Page):
    home.keyboard.press("ArrowDown")
    expect(home.locator(".card h2")).to_have_text(SESSION1)
    home.keyboard.press("ArrowDown")
    expect(home.locator(".card h2")).to_have_text("data/animal1/session2/minian")
    home.keyboard.press("ArrowUp")
    expect(home.locator(".card h2")).to_have_text(SESSION1)
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile("/cnmf_review"))


def test_the_picker_of_the_bar_finds_and_opens(home: Page):
    home.keyboard.press("/")
    picker = home.get_by_role("combobox", name="Dataset")
    expect(picker).to_be_focused()
    picker.press_sequentially("SESSION2 min", delay=20)
    expect(home.get_by_role("option")).to_have_count(1)
    picker.press("Enter")
    expect(home.locator(".card h2")).to_have_text("data/animal1/session2/minian")


def test_the_picker_keeps_the_page(page: Page, server):
    page.goto(server.address("parameter_explorer", SESSION1))
    page.get_by_role("combobox", name="Dataset").click()
    page.get_by_role("option", name=SESSION3).click()
    expect(page).to_have_url(re.compile(rf"/parameter_explorer\?dataset={SESSION3}"))


def test_the_name_is_asked_checked_and_remembered(home: Page):
    home.get_by_role("button", name="Reviewer").click()
    dialog = home.get_by_role("dialog", name="Who is reviewing?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text("Please give a name.")
    dialog.get_by_label("Reviewer").fill("x" * 81)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("80")
    dialog.get_by_label("Reviewer").fill("  Ann Tester ")
    dialog.get_by_label("Reviewer").press("Enter")
    expect(dialog).to_be_hidden()
    expect(home.get_by_role("button", name="Reviewer")).to_have_text("Ann Tester")
    home.reload()
    expect(home.get_by_role("button", name="Reviewer")).to_have_text("Ann Tester")


def test_the_help_lists_the_keys_of_the_page(home: Page):
    home.keyboard.press("?")
    help_of_page = home.get_by_role("dialog", name="Keys of this page")
    expect(help_of_page).to_contain_text("Open the chosen dataset in CNMF Review")
    expect(help_of_page).to_contain_text("Find a dataset")
    home.keyboard.press("Escape")
    expect(help_of_page).to_be_hidden()


def test_dark_colours_are_remembered_and_there_from_the_start(home: Page):
    body = home.locator("body")
    light = body.evaluate("body => getComputedStyle(body).backgroundColor")
    home.get_by_role("button", name="Light or dark").click()
    expect(home.locator("html")).to_have_attribute("data-mw-theme", "dark")
    expect(body).not_to_have_css("background-color", light)
    home.reload(wait_until="commit")
    expect(home.locator("html")).to_have_attribute("data-mw-theme", "dark")
    expect(home.locator(".tabulator-row").first).to_be_visible()


def test_keys_typed_into_a_field_are_text(home: Page):
    field = home.get_by_label("Filter by animal")
    field.click()
    field.press_sequentially("a/?b")
    expect(field).to_have_value("a/?b")
    expect(home.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("", "../../etc"),
        ("", "<img src=x>"),
        ("cnmf_review", "../../etc"),
        ("movie_viewer", "data/nowhere"),
        ("cross_registration", "/etc/passwd"),
        ("parameter_explorer", "%00"),
    ],
)
def test_a_dataset_that_is_none_is_named_with_the_reason(page: Page, server, address: str, name: str):
    page.goto(server.address(address, name))
    alert = page.locator(".message.error").first
    expect(alert).to_contain_text("dataset")
    expect(alert).not_to_contain_text("Internal error")
    expect(alert).not_to_contain_text("Traceback")


def test_pages_without_a_dataset_offer_some(page: Page, server):
    page.goto(server.address("cnmf_review"))
    page.get_by_role("link", name=SESSION1).click()
    expect(page).to_have_url(server.address("cnmf_review", SESSION1))


def test_an_empty_root_says_what_was_looked_for(page: Page, serve, tmp_path):
    (tmp_path / "empty").mkdir()
    page.goto(serve(tmp_path / "empty").url)
    expect(page.get_by_role("heading", name="No dataset was found")).to_be_visible()
    expect(page.get_by_text(f"{tmp_path / 'empty'} is empty")).to_be_visible()
    expect(page.get_by_text("minian(\\.nc|\\.zarr)?$")).to_be_visible()


def test_a_broken_dataset_is_explained_beside_healthy_ones(page: Page, serve, own_root):
    shutil.rmtree(own_root / "animal1" / "session2" / "minian" / "A.zarr")
    (own_root / "animal1" / "session3" / "minian" / "A.zarr" / "A" / ".zarray").write_text("{broken")
    page.goto(serve(own_root).url)
    expect(row(page, SESSION1)).to_contain_text("not yet")
    for session, reason in (("session2", "A"), ("session3", ".zarray")):
        name = f"data/animal1/{session}/minian"
        expect(row(page, name)).to_contain_text("cannot be read")
        row(page, name).click()
        expect(page.locator(".card h2")).to_have_text(name)
        expect(page.locator(".card .problem")).to_contain_text(reason)
        expect(page.locator(".card").get_by_role("link")).to_have_count(0)


def test_names_from_the_disk_are_never_markup(page: Page, serve, tmp_path, own_root):
    name = "<blink>&lt;&amp;\"'"
    shutil.copytree(own_root / "animal1" / "session1" / "minian", tmp_path / "evil" / name / "minian")
    page.goto(serve(tmp_path / "evil").url)
    page.locator(".tabulator-row").first.click()
    expect(page.locator(".tabulator-row").first).to_contain_text(f"evil/{name}/minian")
    expect(page.locator(".card h2")).to_have_text(f"evil/{name}/minian")
    page.keyboard.press("/")
    expect(page.get_by_role("option")).to_have_text(f"evil/{name}/minian")
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text(f"evil/{name}/minian")
    expect(page.locator("blink")).to_have_count(0)


def test_a_signal_ends_the_server_and_frees_the_data(page: Page, serve, own_root):
    server = serve(own_root)
    page.goto(server.address(dataset=SESSION1))
    expect(page.locator(".card")).to_contain_text("curation.jsonl")
    assert list(own_root.glob(".minian-web.lease"))
    page.close()
    assert server.stop() == 0
    assert not list(own_root.glob(".minian-web.lease"))
