"""The review in a notebook: the same page on arrays in memory."""

import json

import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.model.frame_request import parse
from minian_web.store.playback import answer
from minian_web.view.cnmf_viewer import CNMFViewer
from tests import stores
from tests.unit.state.waiting import wait


def arrays(**more):
    return {name: stores.results(**more)[name] for name in ("A", "C", "S")}


def org():
    return stores.movies()["Y_fm_chk"]


def shown(viewer):
    state = viewer._view().state
    wait(lambda: state.error or (state.footprints is not None and state.traces and state.movies))
    assert state.error == ""
    return state


def saved(state):
    wait(lambda: state.saving == "saved")


def test_decisions_are_in_unit_labels():
    viewer = CNMFViewer(**arrays(), org=org())
    np.testing.assert_array_equal(viewer.unit_labels, arrays()["A"]["unit_id"])
    state = shown(viewer)
    first, second, third = state.walk.order[:3]
    state.decide_about("merge", (first, second))
    state.decide_about("discard", (third,))
    saved(state)
    labels = viewer.unit_labels
    assert labels.dims == ("unit_id",)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels["unit_id"], arrays()["A"]["unit_id"])
    assert labels.sel(unit_id=[first, second]).values.tolist() == [min(first, second)] * 2
    assert int(labels.sel(unit_id=third)) == -1
    state.undo()
    saved(state)
    assert int(viewer.unit_labels.sel(unit_id=third)) == third


def test_from_a_dataset_and_what_is_given_wins():
    dataset = xr.Dataset({**arrays(), "YrA": stores.results()["YrA"], "org": org()})
    other = dataset["C"] * 2
    state = shown(CNMFViewer(dataset, C=other))
    unit = state.walk.current
    found = state.opened.dataset.traces("C", [unit])[0]
    np.testing.assert_allclose(found, other.sel(unit_id=unit), rtol=1e-6)
    assert state.traces[0].yra is not None
    assert state.movie == "org"


def test_what_is_missing_is_named():
    with pytest.raises(BadRequest, match="org is missing"):
        CNMFViewer(**arrays())
    with pytest.raises(BadRequest, match=r"S is missing: give S=\.\.\., minian holds only A, C"):
        CNMFViewer(xr.Dataset({"A": arrays()["A"], "C": arrays()["C"]}), org=org())
    bare = arrays()
    bare["A"] = bare["A"].drop_vars("height")
    with pytest.raises(BadRequest, match="A needs coordinates for height"):
        CNMFViewer(**bare, org=org())


@pytest.mark.parametrize("as_coordinate", [True, False])
def test_saved_labels_are_gone_on_from(as_coordinate):
    ids = arrays()["A"]["unit_id"].values
    values = np.where(np.arange(len(ids)) == 2, -1, ids)
    labels = xr.DataArray(values, dims="unit_id", coords={"unit_id": ids})
    if as_coordinate:
        viewer = CNMFViewer(**arrays(labels=values.tolist()), org=org())
    else:
        dataset = xr.Dataset({**arrays(), "unit_labels": labels})
        viewer = CNMFViewer(dataset, org=org())
    np.testing.assert_array_equal(viewer.unit_labels, values)
    state = shown(viewer)
    assert state.decisions.of(int(ids[2])).status == "discarded"


def test_groups_by_neighbours_or_by_id():
    by_id = shown(CNMFViewer(**arrays(), org=org(), sortNN=False))
    ids = sorted(arrays()["A"]["unit_id"].values.tolist())
    assert [unit for group in by_id.walk.groups for unit in group] == ids
    near = shown(CNMFViewer(**arrays(), org=org()))
    assert near.walk.groups != by_id.walk.groups


def test_lazy_arrays_and_frames_over_the_websocket():
    lazy = {name: array.chunk({"unit_id": 1}) for name, array in arrays().items()}
    viewer = CNMFViewer(**lazy, org=org().chunk({"frame": 10}))
    state = shown(viewer)
    np.testing.assert_allclose(state.traces[0].c, arrays()["C"].sel(unit_id=state.walk.current).values, rtol=1e-6)
    for what in ({"movie": "org"}, {"units": ",".join(map(str, state.walk.shown))}):
        reply = answer(viewer._arrays, parse({"dataset": "notebook", "start": "3", "stop": "5", **what}))
        size = int.from_bytes(reply[:4], "little")
        header = json.loads(reply[4 : 4 + size])
        assert (header["count"], header["height"], header["width"]) == (2, 40, 48)


def test_metrics_and_queue_work_without_files():
    state = shown(CNMFViewer(**arrays(), org=org()))
    wait(lambda: state.companions.metrics.metrics is not None)
    wait(lambda: "movie_match" in state.companions.metrics.metrics.columns)
    wait(lambda: state.companions.queue.progress is None)
    state.companions.write_note(state.walk.current, "dim")
    saved(state)
    assert state.companions.notes == {state.walk.current: "dim"}


def test_merged_sessions():
    merged = {name: stores.merged_variables()[name] for name in ("A", "C", "S")}
    movie = xr.concat(
        [stores.movies(session)["Y_fm_chk"].expand_dims(["animal", "session"]) for session in ("s1", "s2")],
        "session",
        join="outer",
    )
    viewer = CNMFViewer(**merged, org=movie)
    state = shown(viewer)
    assert len(state.opened.dataset.keys) == 2
    assert dict(state.opened.key)["session"] in state.movie
    unit = state.walk.current
    state.decide_about("discard", (unit,))
    saved(state)
    labels = viewer.unit_labels
    assert labels.dtype == np.float64
    assert float(labels.sel(unit_id=unit, session=dict(state.opened.key)["session"]).squeeze()) == -1
    assert np.isnan(labels).any()
