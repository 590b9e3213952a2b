"""Downloads: only by token, only with a login where there is one."""

import json
from types import SimpleNamespace

import pytest
from bokeh.server.auth_provider import AuthModule

from minian_web import runtime
from minian_web.server.files import ROUTES
from minian_web.store.made import Made
from tests.unit.server import asking


@pytest.fixture
def made(monkeypatch):
    made = Made()
    monkeypatch.setattr(runtime, "get", lambda: SimpleNamespace(made=made))
    yield made
    made.close()


def ask(path, auth=None):
    return asking.ask(ROUTES, path, auth)


def kept(made, content=b"video" * 300_000, name="a clip µ.mp4"):
    path = made.folder() / "x.mp4"
    path.write_bytes(content)
    return made.keep(path, name)


def test_a_file_comes_whole_under_its_name(made):
    code, body, headers = ask(f"files/{kept(made)}")
    assert (code, body) == (200, b"video" * 300_000)
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20clip%20%C2%B5.mp4"


@pytest.mark.parametrize("token", ["nonsense", "..%2F..%2Fetc%2Fpasswd"])
def test_nothing_else_is_sent(made, token):
    kept(made)
    assert ask(f"files/{token}")[0] == 404


def test_only_the_last_few_are_kept(made):
    first = kept(made)
    for number in range(8):
        path = made.folder() / f"{number}.mp4"
        path.write_bytes(b"v")
        made.keep(path, "v.mp4")
    code, body, _ = ask(f"files/{first}")
    assert code == 404
    assert "no longer kept" in json.loads(body)["error"]
    assert not (made.folder() / "x.mp4").exists()


def test_who_is_not_logged_in_gets_nothing(made, tmp_path):
    module = tmp_path / "auth.py"
    module.write_text("def get_user(handler): return None\nlogin_url = '/login'\n")
    assert ask(f"files/{kept(made)}", AuthModule(module))[0] == 401


def test_closing_removes_the_files(made):
    kept(made)
    folder = made.folder()
    made.close()
    assert not folder.exists()
