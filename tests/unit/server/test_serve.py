"""The server as somebody meets it who has no browser and perhaps no good intentions."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest
from panel.config import config
from tornado.ioloop import IOLoop

from minian_web import runtime
from minian_web.errors import BadRequest, DataError
from minian_web.server.headers import HEADERS
from minian_web.server.login import fits, hashed, read_users
from minian_web.server.secrets import VARIABLE, cookie_secret
from minian_web.server.serve import PAGES, check_exposure, is_loopback, make_server, origins_of, pages, url_of
from minian_web.settings import Settings
from tests import stores

HOSTILE = ["../../etc/passwd", "lab/../../etc", "/etc/passwd", "lab/\0", "%2e%2e/etc", "x" * 5000, "lab/day1"]


class Running:
    """A server in a thread of its own."""

    def __init__(self, settings, **options):
        self.ready, self.failed = threading.Event(), None
        self.thread = threading.Thread(target=self._run, args=(settings, options))
        self.thread.start()
        self.ready.wait(60)
        if self.failed is not None:
            self.thread.join()
            raise self.failed

    def _run(self, settings, options):
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            self.server = make_server(settings, port=0, warm=False, **options)
            self.loop = IOLoop.current()
            self.server.start()
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.failed = error
            loop.close()
            self.ready.set()
            return
        self.loop.add_callback(self.ready.set)
        self.loop.start()
        self.server.stop()
        self.loop.close()

    def get(self, path, headers=None, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, path, headers=headers or {}, body=body)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def close(self):
        self.loop.add_callback(self.loop.stop)
        self.thread.join(20)
        runtime.get().close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("roots") / "lab"
    stores.v2(root / "day1", with_movies=True)
    return root


@pytest.fixture(scope="module")
def settings(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    return Settings((lab,), state_dir=folder / "state", cache_dir=folder / "cache")


@pytest.fixture(scope="module")
def server(settings):
    one = Running(settings)
    yield one
    one.close()
    config.cookie_secret = None


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    path = tmp_path_factory.mktemp("login") / "users.json"
    path.write_text(json.dumps({"ann": "plain words", "bob": hashed("hidden words")}))
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def guarded(settings, users):
    one = Running(settings, basic_auth=users)
    yield one
    one.close()
    config.cookie_secret = None


def test_health_says_little_and_runs_no_page(server):
    status, headers, body = server.get("/health")
    assert status == 200
    assert set(json.loads(body)) == {"status", "version"}
    assert headers["Cache-Control"] == "no-store"


def test_no_address_imports_modules_into_the_server(server):
    sys.modules.pop("this", None)
    status, _, _ = server.get("/components/this/x/_css/y")
    assert status == 404
    assert "this" not in sys.modules


@pytest.mark.parametrize("path", ["/health", "/", "/no-such-page", "/static/js/bokeh.min.js", "/assets/logo.svg"])
def test_every_reply_has_the_security_headers(server, path):
    _, headers, _ = server.get(path)
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "Server" not in headers


def test_pages_name_no_other_host(server):
    for page in ("/", *(f"/{page}" for page in PAGES)):
        status, _, body = server.get(page)
        assert status == 200
        assert b"cdn." not in body
        assert b"googleapis" not in body


def test_every_page_has_its_file():
    assert all(Path(file).is_file() for file in pages().values())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_a_page_address_show_a_page(server, name):
    status, _, body = server.get(f"/cnmf_review?{urlencode({'dataset': name})}")
    assert status == 200
    assert b"root:" not in body


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_a_frame_request_are_refused(server, name):
    query = {"dataset": name, "movie": "minian_intermediate/varr", "guard": "x", "start": 0, "stop": 1}
    status, headers, body = server.get(f"/frames?{urlencode(query)}")
    assert status in (400, 403, 404)
    assert headers["Content-Type"].startswith("application/json")
    assert "error" in json.loads(body)
    assert b"Traceback" not in body


@pytest.mark.parametrize("path", ["/", "/frames?dataset=lab/day1/minian", "/assets/logo.svg", "/health"])
def test_names_of_other_sites_that_lead_here_are_told_nothing(server, path):
    status, _, body = server.get(path, {"Host": f"evil.example:{server.server.port}"})
    assert status == 421
    assert body == b""


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:5006", "localhost", "[::1]:5006"])
def test_own_names_are_answered(server, host):
    assert server.get("/health", {"Host": host})[0] == 200


def test_static_files_do_not_lead_out_of_their_folder(server):
    for path in ("/assets/../pyproject.toml", "/assets/%2e%2e/pyproject.toml", "/static/..%2f..%2fetc/passwd"):
        status, _, body = server.get(path)
        assert status in (403, 404)
        assert b"minian" not in body


# --- login -----------------------------------------------------------------------------------------------------------


def log_in(server, name, password):
    body = urlencode({"username": name, "password": password})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return server.get("/login", headers, "POST", body)


def test_without_login_there_are_no_pages_no_files_and_no_frames(guarded):
    for path in ("/", "/cnmf_review", "/assets/logo.svg"):
        status, headers, _ = guarded.get(path)
        assert status == 302
        assert "/login?next=" in headers["Location"]
    status, _, body = guarded.get("/frames?dataset=lab/day1/minian")
    assert status == 401
    assert b"error" in body
    assert guarded.get("/health")[0] == 200


@pytest.mark.parametrize(("name", "password"), [("ann", "plain words"), ("bob", "hidden words")])
def test_a_login_opens_the_pages(guarded, name, password):
    status, headers, _ = log_in(guarded, name, password)
    assert status == 302
    cookies = headers.get_all("Set-Cookie")
    user = next(one for one in cookies if one.startswith("user="))
    assert "HttpOnly" in user
    assert "SameSite=Lax" in user
    cookie = "; ".join(one.split(";")[0] for one in cookies)
    status, _, body = guarded.get("/", {"Cookie": cookie})
    assert status == 200
    assert password.encode() not in body
    assert guarded.get("/frames?dataset=lab/day1/minian", {"Cookie": cookie})[0] == 400


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("eve", "plain words"), ("bob", ""), ("", "")])
def test_a_wrong_login_stays_outside(guarded, monkeypatch, name, password):
    monkeypatch.setattr("minian_web.server.login.SECONDS_AFTER_FAILURE", 0.01)
    status, headers, _ = log_in(guarded, name, password)
    assert status == 302
    assert "error=" in headers["Location"]
    assert not [one for one in headers.get_all("Set-Cookie") or [] if one.startswith("user=")]


def test_a_wrong_login_does_not_lose_the_page_that_was_wanted(guarded, monkeypatch):
    monkeypatch.setattr("minian_web.server.login.SECONDS_AFTER_FAILURE", 0.01)
    _, headers, _ = guarded.get("/login?next=%2Fcnmf_review%3Fdataset%3Da")
    cookie = headers["Set-Cookie"].split(";")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    _, headers, _ = guarded.get("/login", form, "POST", urlencode({"username": "ann", "password": "wrong"}))
    assert headers["Location"].endswith("next=%2Fcnmf_review%3Fdataset%3Da")
    _, headers, _ = guarded.get("/login", form, "POST", urlencode({"username": "ann", "password": "plain words"}))
    assert headers["Location"] == "/cnmf_review?dataset=a"


def test_a_login_does_not_lead_to_another_site(guarded):
    _, headers, _ = guarded.get("/login?next=%2F%2Fevil.example%2F")
    assert "evil" not in (headers["Set-Cookie"] or "")


def test_the_login_page_needs_no_other_host_and_escapes(guarded):
    status, _, body = guarded.get("/login?error=%3Cscript%3Ealert(1)%3C/script%3E")
    assert status == 200
    assert b"http" not in body
    assert b"<script>" not in body


def test_a_stored_hash_is_not_the_password_and_fits_only_it():
    stored = hashed("words")
    assert "words" not in stored
    assert hashed("words") != stored
    assert fits("words", stored)
    assert not fits("word", stored)
    assert not fits(stored, stored)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"ann": 1}', '{"ann": ""}', "ann:words"])
def test_a_file_of_users_that_is_none_is_refused_by_name(tmp_path, content):
    path = tmp_path / "users.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(DataError, match=r"users\.json"):
        read_users(path)


def test_a_file_of_users_that_everybody_reads_is_refused(users, tmp_path):
    path = tmp_path / "users.json"
    path.write_bytes(users.read_bytes())
    path.chmod(0o644)
    with pytest.raises(DataError, match="chmod 600"):
        read_users(path)


# --- starting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("lab", False),
    ],
)
def test_only_this_machine_is_loopback(address, local):
    assert is_loopback(address) is local


def test_other_machines_need_a_login_or_the_word_insecure(users):
    with pytest.raises(BadRequest, match="--basic-auth"):
        check_exposure("0.0.0.0", None, insecure=False)
    check_exposure("0.0.0.0", users, insecure=False)
    check_exposure("0.0.0.0", None, insecure=True)
    check_exposure("127.0.0.1", None, insecure=False)


def test_a_port_in_use_is_a_clear_error(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadRequest, match=f"port {port} is in use"):
            make_server(settings, port=port, warm=False)
    runtime.get().close()
    config.cookie_secret = None


def test_websockets_come_from_this_server_only():
    assert origins_of("127.0.0.1", 5006, ()) == ["localhost:5006", "127.0.0.1:5006"]
    assert socket.gethostname() + ":5006" in origins_of("0.0.0.0", 5006, ())
    assert origins_of("0.0.0.0", 5006, ["lab.example"]) == ["lab.example"]
    assert "*" not in "".join(origins_of("0.0.0.0", 5006, ()))


def test_the_url_is_one_that_opens(server):
    assert url_of(server.server) == f"http://127.0.0.1:{server.server.port}/"


def test_the_cookie_secret_is_kept_private_and_between_starts(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    first = cookie_secret(tmp_path)
    assert cookie_secret(tmp_path) == first
    assert len(first) >= 32
    assert (tmp_path / "cookie-secret").stat().st_mode & 0o077 == 0
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(BadRequest, match="at least 32"):
        cookie_secret(tmp_path)
