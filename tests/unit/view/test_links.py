"""Addresses of pages."""

from __future__ import annotations

import panel as pn
import param
import pytest

from minian_web.state.movie import MovieState
from minian_web.state.review_data import ReviewData
from minian_web.view.links import href, query_of, requested, value_of


class Inputs(param.Parameterized):
    count = param.Integer(0)
    ratio = param.Number(0.5)
    name_of = param.String("")
    shown = param.Boolean(False)


def test_a_dataset_is_readable_in_an_address_and_cannot_break_out_of_it():
    assert href("cnmf_review", "data/animal1/s 1/minian") == "/cnmf_review?dataset=data/animal1/s%201/minian"
    assert href("home") == "/"
    assert href("home", 'a"&dataset=b#c') == "/?dataset=a%22%26dataset%3Db%23c"


@pytest.mark.parametrize("given", ["2024", "1e5", "true", "[1]", "007", "été/µ"])
def test_names_that_look_like_numbers_stay_names(monkeypatch, given):
    monkeypatch.setattr(type(pn.state), "session_args", property(lambda _: {"dataset": [given.encode()]}))
    assert requested("dataset") == given


def test_what_is_not_text_is_read_without_raising(monkeypatch):
    monkeypatch.setattr(type(pn.state), "session_args", property(lambda _: {"dataset": [b"\xff\xfe"]}))
    assert requested("dataset") == "\N{REPLACEMENT CHARACTER}" * 2
    assert requested("frame") == ""


def test_a_query_leaves_out_what_is_empty():
    assert query_of({"dataset": "a/b c", "frame": "3", "unit": ""}) == "dataset=a/b%20c&frame=3"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "12", 12),
        ("ratio", "0.25", 0.25),
        ("name_of", "12", "12"),
        ("shown", "True", True),
        ("shown", "0", False),
    ],
)
def test_text_of_an_address_becomes_the_type_of_the_input(name, text, value):
    assert value_of(Inputs.param[name], text) == value


@pytest.mark.parametrize(("name", "text"), [("count", "abc"), ("count", "1.5"), ("ratio", "x"), ("shown", "maybe")])
def test_text_that_means_nothing_is_refused(name, text):
    with pytest.raises(ValueError, match=r"invalid|convert"):
        value_of(Inputs.param[name], text)


@pytest.mark.parametrize("text", [str(2**63), str(-(2**63) - 1), "1" + "0" * 21, "9" * 5000])
@pytest.mark.parametrize(("state", "name"), [(MovieState, "frame"), (ReviewData, "unit")])
def test_numbers_that_no_coordinate_can_hold_are_refused(state, name, text):
    with pytest.raises(ValueError, match=r"no number that an array can hold|digits"):
        value_of(state.param[name], text)


def test_the_greatest_number_is_taken():
    assert value_of(MovieState.param["frame"], str(2**63 - 1)) == 2**63 - 1
