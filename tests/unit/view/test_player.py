"""What Python says to the player and hears from it; the browser's part is tested in tests/ui."""

import re

import numpy as np
import pytest
from bokeh.models import Span
from bokeh.plotting import figure

from minian_web import assets
from minian_web.errors import BadRequest, DataError
from minian_web.view.player import COLORMAPS, COMMANDS, FramePlayer, panel


@pytest.fixture
def sent(monkeypatch):
    found = []
    monkeypatch.setattr(FramePlayer, "_send_msg", lambda _self, message: found.append(message))
    return found


def test_a_panel_makes_its_figure_transparent():
    model = figure()
    found = panel(model, {"dataset": "d", "movie": "m", "step": 3}, (0, 9, 0, 5), low=1, colormap="viridis")
    assert model.background_fill_alpha == model.border_fill_alpha == 0
    assert found["figure"] == model.id
    assert found["query"] == {"dataset": "d", "movie": "m", "step": "3"}
    assert (found["low"], found["high"], found["bounds"]) == (1.0, None, [0.0, 9.0, 0.0, 5.0])
    assert len(found["colormap"]) == 256


def test_a_panel_may_have_no_movie():
    assert panel(figure(), None, (0, 1, 0, 1))["query"] is None


def test_colormaps_have_256_colours_and_gray_begins_black():
    assert {len(colours) for colours in COLORMAPS.values()} == {256}
    assert (COLORMAPS["gray"][0], COLORMAPS["gray"][-1]) == ("#000000", "#ffffff")


def test_every_seek_is_a_new_wish_even_to_the_same_frame():
    player = FramePlayer(n_frames=10, position=4)
    assert player.target == [4, 0]
    player.seek(7)
    first = list(player.target)
    player.seek(7)
    assert (first, player.target) == ([7, 1], [7, 2])
    player.seek(-3)
    assert player.target[0] == 0
    player.seek(99)
    assert player.target[0] == 9


def test_commands(sent):
    player = FramePlayer()
    for name in COMMANDS:
        player.command(name)
    assert [message["command"] for message in sent] == list(COMMANDS)
    with pytest.raises(BadRequest, match="explode"):
        player.command("explode")


def test_regular_frame_coordinates_are_a_start_and_a_step():
    player = FramePlayer()
    player.set_frames(np.arange(10, 30, 2))
    assert (player.n_frames, player.first_label, player.label_step, player.labels) == (10, 10.0, 2.0, None)


def test_irregular_frame_coordinates_are_sent_as_they_are():
    player = FramePlayer()
    player.set_frames(np.array([0, 1, 5]))
    assert player.labels.tolist() == [0, 1, 5]


@pytest.mark.parametrize("frames", [np.zeros(0), np.array([7])])
def test_no_frame_or_one(frames):
    player = FramePlayer()
    player.set_frames(frames)
    assert player.n_frames == frames.size
    player.seek(3)
    assert player.target[0] == 0


def test_cursors_are_known_by_their_ids():
    one, other = Span(), Span()
    player = FramePlayer(cursors=[one])
    player.set_cursors(one, other)
    assert player.cursor_ids == [one.id, other.id]


def test_frames_over_the_websocket(sent):
    player = FramePlayer(answer=lambda texts, done, failed: done(texts["movie"].encode()))
    assert player.fallback
    player._handle_msg({"request": 5, "texts": {"movie": "m", "start": 3}})
    assert sent == [{"reply": 5, "data": b"m"}]


@pytest.mark.parametrize(
    ("error", "says", "lasting"),
    [
        (BadRequest("no such frame"), "no such frame", True),
        (DataError("x/0.0.0", "a chunk", "nothing"), "x/0.0.0: expected a chunk, found nothing", False),
        (KeyError("/secret"), "The server failed to read these frames", False),
    ],
)
def test_why_there_are_no_frames(sent, error, says, lasting):
    player = FramePlayer(answer=lambda _texts, _done, failed: failed(error))
    player._handle_msg({"request": 5, "texts": {}})
    assert sent == [{"reply": 5, "error": says, "lasting": lasting}]


@pytest.mark.parametrize("message", [None, 5, {}, {"request": 1}, {"request": 1, "texts": []}])
def test_messages_that_are_none_are_left_alone(sent, message):
    FramePlayer(answer=lambda *_given: pytest.fail("asked"))._handle_msg(message)
    FramePlayer()._handle_msg({"request": 1, "texts": {}})
    assert sent == []


def test_speed_and_loop_are_told_to_the_browser():
    player = FramePlayer(n_frames=10, speed=0.25, loop=[2, 7])
    assert (player.speed, player.loop) == (0.25, [2, 7])
    with pytest.raises(ValueError, match="speed"):
        player.speed = 5


def test_every_command_of_the_player_has_its_javascript():
    text = assets.text("player/commands.js")
    assert set(re.findall(r"^  (\w+):", text, re.MULTILINE)) == set(COMMANDS)


def test_modules_of_the_player_are_short():
    folder = assets.STATIC / "player"
    assert {path.name: len(path.read_text().splitlines()) for path in folder.glob("*.js") if _lines(path) > 250} == {}


def _lines(path):
    return len(path.read_text().splitlines())
