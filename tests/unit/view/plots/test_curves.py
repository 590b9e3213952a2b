import holoviews as hv
import numpy as np
import pytest
from holoviews.operation.datashader import datashade

from minian_web.errors import BadRequest
from minian_web.view.plots.curves import datashade_ndcurve, distinct_colors

hv.extension("bokeh")


def overlay(count, runs=2):
    x = np.arange(200.0)
    return hv.NdOverlay(
        {
            (unit, f"run{unit % runs}"): hv.Curve((x, np.full(200, float(unit))), "frame", "level")
            for unit in range(count)
        },
        kdims=["unit_id", "run"],
    )


def legend_of(drawn):
    return [item.label["value"] for item in hv.render(drawn).legend[0].items]


def colors_in(drawn):
    image = drawn.get(0)
    bands = [np.asarray(image.dimension_values(at, flat=False)) for at in (2, 3, 4, 5)]
    return {tuple(int(band[at]) for band in bands[:3]) for at in zip(*np.nonzero(bands[3]), strict=True)}


def rgb(color):
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


@pytest.fixture
def static():
    datashade.dynamic, before = False, datashade.dynamic
    yield
    datashade.dynamic = before


def test_the_first_key_dimension_makes_the_legend():
    assert legend_of(datashade_ndcurve(overlay(12))) == [str(unit) for unit in range(12)]


def test_another_dimension_or_several():
    assert legend_of(datashade_ndcurve(overlay(4), "run")) == ["run0", "run1"]
    assert legend_of(datashade_ndcurve(overlay(3), ["run", "unit_id"])) == ["run0, 0", "run1, 1", "run0, 2"]


@pytest.mark.parametrize("spread", [False, True])
def test_curves_have_the_colours_of_their_points(static, spread):
    drawn = datashade_ndcurve(overlay(12), spread=spread)
    points = [hv.Store.lookup_options("bokeh", one, "style").kwargs["color"] for one in drawn.get(1)]
    assert points == distinct_colors(12)
    assert {rgb(color) for color in points} <= colors_in(drawn)


def test_curves_of_one_category_are_not_joined(static):
    drawn = datashade_ndcurve(overlay(2, runs=1), "run")
    alpha = np.asarray(drawn.get(0).dimension_values(5, flat=False))
    assert (alpha[1:-1] == 0).all()


def test_many_colours_differ():
    assert len(set(distinct_colors(80))) == 80


def test_what_makes_no_sense_is_refused():
    with pytest.raises(BadRequest, match="unit_id, run, not session"):
        datashade_ndcurve(overlay(2), "session")
    with pytest.raises(BadRequest, match="no curves"):
        datashade_ndcurve(hv.NdOverlay({}, kdims=["unit_id"]))
