"""Trace rows: what is drawn is what is there."""

import numpy as np
import pytest

from minian_web.state.traces import UnitTraces
from minian_web.view.shading import SAMPLES_PER_PIXEL, decimated
from minian_web.view.traces import Window, raster

FRAMES = np.arange(5000)
BOTH = {"c": True, "s": True, "normalise": True}


def alpha(image):
    return image >> 24


def flat(value=0.0, size=5000):
    return np.full(size, value, np.float32)


def test_a_single_spike_survives_decimation():
    trace = flat()
    trace[3210] = 9.0
    x, y = decimated(FRAMES, trace, width=100)
    assert y.size <= 100 * SAMPLES_PER_PIXEL
    assert x[np.argmax(y)] == 3210
    assert y.max() == 9.0


def test_the_spike_is_painted_where_it_is():
    trace = flat()
    trace[2500] = 1.0
    image = raster([UnitTraces(1, trace, None)], FRAMES, Window(0.0, 5000.0, 500, 60), **BOTH)
    top = np.flatnonzero(alpha(image)[40:].any(axis=0))
    assert top.size
    assert np.abs(top - 250).max() <= 2


def test_rows_go_from_top_to_bottom():
    up = flat()
    up[::2] = 1.0
    rows = [UnitTraces(1, up, None), UnitTraces(2, flat(), None)]
    image = alpha(raster(rows, FRAMES, Window(0.0, 5000.0, 200, 80), **BOTH))
    assert (image[45:] > 0).sum() > (image[:35] > 0).sum() * 3


def test_one_scale_for_all_keeps_small_traces_small():
    tall, small = flat(), flat()
    tall[1000], small[1000] = 10.0, 1.0
    rows = [UnitTraces(1, small, None), UnitTraces(2, tall, None)]
    window = Window(0.0, 5000.0, 200, 80)
    own = alpha(raster(rows, FRAMES, window, **BOTH))[60:]
    shared = alpha(raster(rows, FRAMES, window, c=True, s=True, normalise=False))[60:]
    assert own.any()
    assert not shared.any()


@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_few_frames(size):
    image = raster([UnitTraces(1, flat(1, size), flat(0, size))], np.arange(size), Window(0.0, 1.0, 50, 20), **BOTH)
    assert image.shape == (20, 50)


def test_nan_is_a_gap_and_all_nan_is_empty():
    trace = flat(1.0)
    trace[1000:4000] = np.nan
    image = alpha(raster([UnitTraces(1, trace, None)], FRAMES, Window(0.0, 5000.0, 500, 40), **BOTH))
    assert not image[:, 150:350].any()
    assert image[:, :90].any()
    empty = raster([UnitTraces(1, flat(np.nan), flat(np.nan))], FRAMES, Window(0.0, 5000.0, 100, 40), **BOTH)
    assert not empty.any()


def test_what_is_switched_off_is_not_drawn():
    rows = [UnitTraces(1, flat(1.0), flat(1.0)), UnitTraces(2, None, None)]
    window = Window(0.0, 5000.0, 100, 40)
    assert not raster(rows, FRAMES, window, c=False, s=False, normalise=True).any()
    assert raster(rows, FRAMES, window, c=False, s=True, normalise=True).any()


def test_zoom_shows_the_part_only():
    trace = flat()
    trace[10] = 1.0
    image = alpha(raster([UnitTraces(1, trace, None)], FRAMES, Window(2000.0, 2100.0, 100, 40), **BOTH))
    assert not image[20:].any()
