"""Boxes are edited on the page, refused with the reason, and saved by the button only."""

import numpy as np
import pytest

from minian_web.errors import NotWritable
from minian_web.jobs import Jobs
from minian_web.model.boxes import Box
from minian_web.state import boxes as module
from minian_web.state.boxes import BoxesState
from minian_web.store.masks import load_mask, read_mask
from tests.movies import Now, write_movie


@pytest.fixture
def movie(tmp_path):
    return write_movie(tmp_path, np.zeros((3, 20, 30), np.uint8), chunks=(3, 20, 30))


@pytest.fixture
def state(movie):
    state = BoxesState(Now(), lambda callback: callback())
    state.show(movie)
    return state


def test_drawn_saved_and_there_again(state, movie):
    state.draw([("", (2.2, 9.7, 4.1, 12.0))])
    assert state.boxes == [Box("box 1", (5.0, 12.0), (3.0, 9.0))]
    assert (state.mask, state.saving) == ("box 1", "unsaved")
    state.save()
    assert state.saving == "saved"
    assert load_mask(movie.group) == {(): {"height": slice(5, 12), "width": slice(3, 9)}}
    again = BoxesState(Now(), lambda callback: callback())
    again.show(movie)
    assert (again.boxes, again.mask, again.saving) == (state.boxes, "box 1", "saved")


def test_nothing_is_written_before_the_button(state, movie):
    before = (movie.group / ".zattrs").read_bytes() if (movie.group / ".zattrs").exists() else None
    state.draw([("", (2, 9, 4, 12))])
    assert ((movie.group / ".zattrs").read_bytes() if (movie.group / ".zattrs").exists() else None) == before


def test_the_last_one_drawn_is_the_mask_until_another_is_chosen(state):
    state.draw([("", (2, 9, 4, 12))])
    state.draw([("box 1", (2, 9, 4, 12)), ("", (12, 19, 4, 12))])
    assert state.mask == "box 2"
    state.make_mask("box 1")
    state.make_mask("no such box")
    assert state.mask == "box 1"


def test_moving_keeps_names_and_mask(state):
    state.draw([("", (2, 9, 4, 12))])
    state.draw([("box 1", (2, 9, 4, 12)), ("", (12, 19, 4, 12))])
    state.make_mask("box 1")
    state.draw([("box 1", (5, 12, 4, 12)), ("box 2", (12, 19, 4, 12))])
    assert state.boxes[0].width == (5.0, 12.0)
    assert state.mask == "box 1"


def test_deleting_the_mask_makes_another_one_it(state):
    state.draw([("", (2, 9, 4, 12)), ("", (12, 19, 4, 12))])
    assert [box.name for box in state.boxes] == ["box 1", "box 2"]
    state.draw([("box 1", (2, 9, 4, 12))])
    assert (state.mask, len(state.boxes)) == ("box 1", 1)
    state.delete("box 1")
    assert (state.mask, state.boxes) == ("", [])


def test_a_refused_drawing_leaves_no_box_and_the_figure_is_told(state):
    told = []
    state.param.watch(told.append, "boxes", onlychanged=False)
    state.draw([("", (100, 200, 4, 12))])
    assert "outside" in state.message
    assert state.boxes == []
    assert state.saving == "saved"
    assert told


def test_a_box_moved_out_of_the_frame_stays_where_it_was(state):
    state.draw([("", (2, 9, 4, 12))])
    before = state.boxes
    state.draw([("box 1", (100, 200, 4, 12))])
    assert state.boxes == before
    assert "outside" in state.message


@pytest.mark.parametrize(
    "bounds", [((4, 400), (2, 9)), ((4, 4), (2, 9)), ((12, 4), (2, 9)), ((float("nan"), 9), (2, 9))]
)
def test_numbers_that_cannot_be_change_nothing(state, bounds):
    state.draw([("", (2, 9, 4, 12))])
    before = state.boxes
    state.set_bounds("box 1", *bounds)
    assert state.boxes == before
    assert state.message


def test_numbers_move_a_box(state):
    state.draw([("", (2, 9, 4, 12))])
    state.save()
    state.set_bounds("box 1", (5, 10), (6, 20))
    assert state.boxes == [Box("box 1", (5.0, 10.0), (6.0, 20.0))]
    assert (state.message, state.saving) == ("", "unsaved")


def test_names(state):
    state.draw([("", (2, 9, 4, 12)), ("", (12, 19, 4, 12))])
    state.rename("box 2", "  vessel ")
    assert [box.name for box in state.boxes] == ["box 1", "vessel"]
    assert state.mask == "vessel"
    state.rename("vessel", "box 1")
    assert "already" in state.message
    state.rename("vessel", "  ")
    assert "needs a name" in state.message
    assert [box.name for box in state.boxes] == ["box 1", "vessel"]


def test_a_failed_save_says_so_and_can_be_tried_again(state, monkeypatch):
    def refuse(*_given):
        raise NotWritable("no permission")

    state.draw([("", (2, 9, 4, 12))])
    with monkeypatch.context() as patch:
        patch.setattr(module.masks, "save_mask", refuse)
        state.save()
    assert (state.saving, state.message) == ("failed", "no permission")
    state.save()
    assert (state.saving, state.message) == ("saved", "")


def test_where_nothing_can_be_written(state, movie):
    state.show(movie, reason="read-only")
    state.draw([("", (2, 9, 4, 12))])
    state.save()
    assert not state.can_save
    assert state.message == "read-only"
    assert state.saving == "unsaved"


def test_saved_boxes_can_be_forgotten(state, movie):
    state.draw([("", (2, 9, 4, 12))])
    state.save()
    state.delete("box 1")
    state.save()
    assert state.saving == "saved"
    assert read_mask(movie) is None


def test_without_a_box_there_is_nothing_to_save(state):
    state.save()
    assert "no box" in state.message


def test_a_browser_cannot_draw_without_end(state):
    state.draw([("", (2, 9, 4, 12))] * 500)
    assert len(state.boxes) == module.MOST


def test_what_was_drawn_while_saving_is_not_called_saved(movie):
    jobs, waiting = Jobs(), []
    state = BoxesState(jobs, waiting.append)
    state.show(movie)
    state.draw([("", (2, 9, 4, 12))])
    state.save()
    state.draw([("box 1", (2, 9, 4, 12)), ("", (12, 19, 4, 12))])
    jobs._short.shutdown(wait=True)
    for callback in waiting:
        callback()
    assert state.saving == "unsaved"
    jobs.close()
