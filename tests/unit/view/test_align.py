"""The notebook's AlignViewer: the page's implementation on objects of a notebook."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from minian_web.errors import BadRequest, DataError
from minian_web.store.datasets import open_dataset
from minian_web.visualization import AlignViewer
from tests.paths import ANIMAL1

SESSIONS = ("session1", "session2", "session3")


@pytest.fixture(scope="module")
def given():
    arrays = []
    for session in SESSIONS:
        dataset = open_dataset(ANIMAL1 / session / "minian")
        variable = dataset.container.variable("A")
        values = variable.select({}, ("unit_id", "height", "width"))
        coords = {"unit_id": variable.unit_ids(), "height": dataset.heights, "width": dataset.widths}
        arrays.append(xr.DataArray(values, coords=coords, dims=("unit_id", "height", "width")).sortby("unit_id"))
    a = xr.concat(arrays, pd.Index(SESSIONS, name="session"), join="outer")
    table = pd.read_csv(ANIMAL1 / "mappings.csv", header=[0, 1], index_col=0)
    cents = pd.read_csv(ANIMAL1 / "cents.csv", index_col=0)
    shifts = xr.DataArray(
        [[-0.0048, 1.1599], [4.6918, -5.0558], [-4.687, 3.8959]],
        coords={"session": ["session1", "session3", "session2"], "shift_dim": ["height", "width"]},
        dims=("session", "shift_dim"),
    )
    return xr.Dataset({"A": a}), cents, table, xr.Dataset({"shifts": shifts})


def test_three_different_sessions_to_begin_with_aligned_by_name(given):
    viewer = AlignViewer(*given)
    state = viewer.state
    assert state.display.channels == SESSIONS
    assert state.matches.counts() == {1: 8, 2: 17, 3: 12}
    assert state.scene.shifts["session3"] == (4.6918, -5.0558)
    assert {session: len(units) for session, units in state.drawn.items()} == dict(
        zip(SESSIONS, (27, 27, 24), strict=True)
    )
    assert viewer.show().width == 760


def test_settings_act_at_once(given):
    state = AlignViewer(*given).state
    state.show_unmatched = False
    assert len(state.drawn["session1"]) == 12
    state.session_b = ""
    assert not (state.picture >> 16 & 255).any()
    before = np.count_nonzero(state.picture & 0xFFFFFF)
    state.erode = 5
    assert np.count_nonzero(state.picture & 0xFFFFFF) < before


def test_the_offset_brightens_everything(given):
    assert (AlignViewer(*given, brt_offset=1).state.picture & 0xFFFFFF == 0xFFFFFF).all()
    assert (AlignViewer(*given).state.picture & 255).min() == 0


def test_metadata_dimensions_get_a_selector(given):
    minian_ds, cents, table, shiftds = given
    columns = [*table.columns, ("meta", "animal")]
    two = pd.concat([pd.concat([table, pd.Series(name, table.index)], axis=1) for name in ("a1", "a2")])
    two.columns = pd.MultiIndex.from_tuples(columns)
    both = xr.concat([minian_ds, minian_ds], pd.Index(["a1", "a2"], name="animal"))
    shifts = xr.concat([shiftds, shiftds], pd.Index(["a1", "a2"], name="animal"))
    viewer = AlignViewer(both, cents, two, shifts)
    assert viewer.state.metas == [(("animal", "a1"),), (("animal", "a2"),)]
    assert viewer._panel.meta.visible
    viewer.state.meta = (("animal", "a2"),)
    assert viewer.state.current.meta == (("animal", "a2"),)
    assert viewer.state.matches.counts()[3] == 12


@pytest.mark.parametrize(("which", "named"), [(0, "minian_ds"), (1, "cents"), (2, "mappings"), (3, "shiftds")])
def test_what_is_missing_is_named(given, which, named):
    wrong = list(given)
    wrong[which] = xr.Dataset() if which in (0, 3) else pd.DataFrame({"x": [1]})
    with pytest.raises(DataError, match=named):
        AlignViewer(*wrong)


def test_a_session_without_footprints_or_shift_is_named(given):
    minian_ds, cents, table, shiftds = given
    with pytest.raises(BadRequest, match="no session 'session2'"):
        AlignViewer(minian_ds.sel(session=["session1", "session3"]), cents, table, shiftds)
    with pytest.raises(DataError, match="none for session2"):
        AlignViewer(minian_ds, cents, table, shiftds.sel(session=["session1", "session3"]))
