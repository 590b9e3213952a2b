"""The frames address: replies, refusals and hostile input, over HTTP."""

import json

import pytest
from bokeh.server.auth_provider import AuthModule
from tornado.httputil import url_concat

from minian_web import runtime
from minian_web.errors import DatasetNotFound, OutsideRoots
from minian_web.model.frame_request import unpack
from minian_web.server.frames import ROUTES, FramesHandler
from tests.movies import Sources, numbered, write_movie
from tests.unit.server import asking


class Named(Sources):
    """Knows a dataset and a movie by name, as the runtime does."""

    def movie(self, dataset, name):
        if ".." in dataset:
            raise OutsideRoots(f"{dataset} leads out of the folders that are served")
        if name not in self.known:
            raise DatasetNotFound(f"dataset {dataset} has no movie named {name!r}")
        return super().movie(dataset, name)


@pytest.fixture
def movie(tmp_path):
    return write_movie(tmp_path, numbered(30), chunks=(10, 6, 9))


@pytest.fixture
def get(movie, monkeypatch):
    """`get(**texts)` asks a Bokeh server with our route; gives status and body."""
    sources = Named(**{"m": movie})
    monkeypatch.setattr(runtime, "get", lambda: sources)
    return lambda **texts: _ask(texts, None)


def _ask(texts, auth):
    return asking.ask(ROUTES, url_concat("frames", texts), auth)


def said(body):
    return json.loads(body)["error"]


def test_frames_come_as_bytes(get):
    code, body, headers = get(dataset="d", movie="m", start="4", stop="7")
    header, pixels = unpack(body)
    assert code == 200
    assert header["positions"] == [4, 5, 6]
    assert pixels[:, 2, 2].tolist() == [4, 5, 6]
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("texts", "code", "says"),
    [
        ({}, 400, "dataset"),
        ({"dataset": "d"}, 400, "movie and units"),
        ({"dataset": "d", "movie": "m", "start": "-3"}, 400, "start"),
        ({"dataset": "d", "movie": "m", "start": "99999"}, 400, "position 99999"),
        ({"dataset": "d", "movie": "m", "stop": "9999999"}, 400, "frames asked for"),
        ({"dataset": "d", "movie": "m", "region": "0,999,0,1"}, 400, "region"),
        ({"dataset": "d", "movie": "<script>alert(1)</script>"}, 404, "no movie"),
        ({"dataset": "../../etc", "movie": "m"}, 404, "leads out"),
        ({"dataset": "d" * 5000, "movie": "m"}, 400, "dataset"),
        ({"dataset": "d", "movie": "m", "guard": "old"}, 409, "reload"),
    ],
)
def test_refusals_are_json_with_the_reason(get, texts, code, says):
    found, body, headers = get(**texts)
    assert found == code
    assert says in said(body)
    assert headers["Content-Type"].startswith("application/json")


def test_a_broken_chunk_is_named(get, movie):
    chunk = movie.array.path / "0.0.0"
    chunk.write_bytes(b"")
    code, body, _ = get(dataset="d", movie="m")
    assert code == 422
    assert "0.0.0" in said(body)


def test_a_bug_of_ours_says_no_more_than_that(get, monkeypatch):
    def broken(*_given):
        raise KeyError("/secret/path")

    monkeypatch.setattr("minian_web.server.frames.answer", broken)
    code, body, _ = get(dataset="d", movie="m")
    assert code == 500
    assert "secret" not in said(body)


def test_who_is_not_logged_in_gets_nothing(get, tmp_path):
    module = tmp_path / "login.py"
    module.write_text("def get_user(handler):\n    return None\n\nlogin_url = '/login'\n")
    code, body, _ = _ask({"dataset": "d", "movie": "m"}, AuthModule(str(module)))
    assert code == 401
    assert "not logged in" in said(body)


def test_a_dropped_request_is_noted():
    handler = FramesHandler.__new__(FramesHandler)
    assert not handler._gone
    handler.on_connection_close()
    assert handler._gone
