"""Statistics drawn as pixels, a row each."""

import numpy as np
import pytest

from minian_web.model.frame_statistics import NAMES, FrameStatistics
from minian_web.view.boxes import _rows
from minian_web.view.shading import coloured, curve, decimated
from minian_web.view.summary import SummaryFigure, raster


def statistics(count=1000):
    x = np.arange(count)
    rows = [np.sin(x / 50), x % 7, np.zeros(count), np.where(x == 333, 100.0, 1.0)]
    return FrameStatistics(*(row.astype(np.float32) for row in rows))


def test_a_peak_of_one_frame_is_not_lost():
    y = np.zeros(200_000)
    y[123_456] = 9
    x, kept = decimated(np.arange(200_000), y, 500)
    assert kept.max() == 9
    assert len(kept) <= 2000
    assert 123_456 in x
    assert curve(np.arange(200_000.0), y, (0, 200_000), (0, 10), (50, 500))[40:].any()


def test_what_is_not_computed_is_not_drawn():
    y = np.full(100, np.nan)
    assert not curve(np.arange(100.0), y, (0, 100), (0, 1), (20, 50)).any()
    y[:50] = 0.5
    drawn = curve(np.arange(100.0), y, (0, 100), (0, 1), (20, 50))
    assert drawn[:, :20].any()
    assert not drawn[:, 30:].any()


def test_each_statistic_has_a_row_and_its_own_range():
    image, ranges = raster(np.arange(1000.0), statistics(), (0, 999), (80, 400))
    assert list(ranges) == list(NAMES)
    assert ranges["max"] == (0.0, 6.0)
    assert ranges["diff"] == (1.0, 100.0)
    assert all((image[row : row + 20] >> 24).any() for row in range(0, 80, 20))


def test_ranges_are_those_of_what_is_visible():
    _, ranges = raster(np.arange(1000.0), statistics(), (400, 600), (80, 400))
    assert ranges["diff"] == (1.0, 1.0)


def test_without_statistics_there_is_nothing():
    image, ranges = raster(np.arange(10.0), None, (0, 9), (40, 40))
    assert not image.any()
    assert ranges == {}


def test_colour_and_cover_become_rgba():
    pixel = coloured(np.array([[255, 0]], np.uint8), "#010203").view(np.uint8).reshape(2, 4)
    assert pixel.tolist() == [[1, 2, 3, 255], [1, 2, 3, 0]]


@pytest.mark.parametrize(("rate", "label", "scale"), [(None, "frame", 1.0), (20.0, "time (s)", 0.05)])
def test_the_axis_is_in_seconds_when_the_frame_rate_is_known(rate, label, scale):
    sought = []
    made = SummaryFigure(sought.append)
    assert made.set_frames(np.arange(0, 200, 2), rate) == scale
    model = made._figure.model
    assert model.xaxis[0].axis_label == label
    assert model.x_range.end == pytest.approx(198 * scale)
    assert made._position(100 * scale) == 50
    made.show(statistics(100))
    assert len(made._figure._renderers["ranges"].data_source.data["x"]) == len(NAMES)


def test_boxes_as_a_browser_may_send_them():
    good = {"x": [5], "y": [6], "width": [-4], "height": [2], "name": ["box 1"]}
    assert _rows(good) == [("box 1", (3.0, 7.0, 5.0, 7.0))]
    assert _rows({}) == []
    ((name, edges),) = _rows({"x": ["a"], "y": [None], "width": [[]], "height": [1], "name": [7]})
    assert name == ""
    assert np.isnan(edges[0])
