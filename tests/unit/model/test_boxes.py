"""Boxes lie on whole pixels of the movie's coordinates."""

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.boxes import Box, checked, drawn, edges_of, unused_name

HEIGHTS, WIDTHS = np.arange(10, 50, 2), np.arange(30)


def test_a_drawn_box_is_cut_at_the_edge_and_lies_on_pixels():
    box = drawn("b", (-7.0, 4.2, 12.5, 21.1), HEIGHTS, WIDTHS)
    assert box == Box("b", (14.0, 20.0), (0.0, 4.0))


def test_drawn_from_any_corner():
    assert drawn("b", (9, 3, 30, 20), HEIGHTS, WIDTHS) == drawn("b", (3, 9, 20, 30), HEIGHTS, WIDTHS)


@pytest.mark.parametrize(
    "edges", [(40, 50, 20, 30), (3, 9, -30, 5), (3.1, 3.2, 20, 30), (3, 9, 20, 21), (float("nan"), 3, 20, 30)]
)
def test_refused_when_drawn_outside_or_without_size(edges):
    with pytest.raises(BadRequest, match="b"):
        drawn("b", edges, HEIGHTS, WIDTHS)


@pytest.mark.parametrize(
    ("height", "width", "says"),
    [
        ((20, 12), (1, 5), "begins at 20"),
        ((2, 20), (1, 5), "reaches beyond"),
        ((12, 20), (1, 400), "width 1 to 400 reaches beyond"),
        ((12, 12), (1, 5), "no size along height"),
        ((12, 20), (5.2, 5.6), "no size along width"),
        ((float("nan"), 20), (1, 5), "no number"),
    ],
)
def test_numbers_are_refused_with_the_reason(height, width, says):
    with pytest.raises(BadRequest, match=says):
        checked(Box("b", height, width), HEIGHTS, WIDTHS)


def test_bounds_are_what_sel_takes():
    movie = xr.DataArray(np.zeros((20, 30)), dims=["height", "width"], coords={"height": HEIGHTS, "width": WIDTHS})
    box = checked(Box("b", (12, 21), (1, 5)), HEIGHTS, WIDTHS)
    assert movie.sel(height=slice(*box.height), width=slice(*box.width)).shape == (5, 5)


def test_edges_enclose_the_pixels_and_give_the_box_back():
    box = Box("b", (14.0, 20.0), (0.0, 4.0))
    assert edges_of(box, HEIGHTS, WIDTHS) == (-0.5, 4.5, 13.0, 21.0)
    assert drawn("b", edges_of(box, HEIGHTS, WIDTHS), HEIGHTS, WIDTHS) == box


def test_names_are_not_given_twice():
    assert unused_name([]) == "box 1"
    assert unused_name(["box 2", "box 1", "x"]) == "box 3"
