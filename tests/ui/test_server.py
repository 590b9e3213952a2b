"""The server behind the pages: lost and found again, behind a login and a prefix."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.ui.conftest import free_port

SESSION1 = "data/animal1/session1/minian"


def test_a_lost_connection_is_said_and_mended(page: Page, serve, data_root, guard):
    port = free_port()
    server = serve(data_root, "--read-only", port=port)
    page.goto(server.address(dataset=SESSION1))
    expect(page.locator(".card h2")).to_have_text(SESSION1)
    server.kill()
    dialog = page.get_by_role("dialog", name="No connection to the server")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    serve(data_root, "--read-only", port=port)
    expect(dialog).to_be_hidden()
    expect(page.locator(".card h2")).to_have_text(SESSION1)
    guard.errors.clear()  # the browser itself writes each refused connection to the console


def test_login_pages_and_frames_below_a_prefix(page: Page, serve, data_root, tmp_path, guard):
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"ann": "secret words"}))
    users.chmod(0o600)
    server = serve(data_root, "--read-only", "--prefix", "/lab", "--basic-auth", str(users), health="lab/health")
    page.goto(f"{server.url}lab/?dataset={SESSION1}")
    expect(page).to_have_url(re.compile("/lab/login"))
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not fit")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("secret words")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".card h2")).to_have_text(SESSION1)
    expect(page.get_by_role("button", name="Reviewer")).to_have_text("ann")
    page.locator(".card").get_by_role("link", name="Parameter Explorer").click()
    expect(page).to_have_url(f"{server.url}lab/parameter_explorer?dataset={SESSION1}")
    page.get_by_role("link", name="Log out").click()
    expect(page.get_by_text("You are logged out")).to_be_visible()
    page.goto(f"{server.url}lab/")
    expect(page).to_have_url(re.compile("/lab/login"))
    assert guard.outside == []
