"""VArrayViewer without a browser; its page is that of the Movie Viewer."""

import inspect

import numpy as np
import pytest
import xarray as xr

from minian_web.visualization import VArrayViewer, generate_videos, write_video


def movie(name="m", frames=20):
    values = np.random.default_rng(frames).random((frames, 12, 16)).astype(np.float32)
    coords = {"frame": np.arange(frames), "height": np.arange(12) + 4, "width": np.arange(16)}
    return xr.DataArray(values, dims=("frame", "height", "width"), coords=coords, name=name)


def viewed(monkeypatch, *args, **kwargs):
    viewer = VArrayViewer(*args, datashading=False, **kwargs)
    jobs = viewer._arrays.jobs
    run = jobs.run
    monkeypatch.setattr(jobs, "run", lambda *args, **kwargs: _waited(run(*args, **kwargs)))
    return viewer, viewer._view()


def _waited(job):
    job.wait(20)
    return job


def test_signatures_are_those_of_minian():
    parameters = inspect.signature(VArrayViewer).parameters
    assert list(parameters) == ["varr", "framerate", "summary", "meta_dims", "datashading", "layout"]
    assert [one.default for one in parameters.values()][1:] == [30, ["mean"], None, True, False]
    parameters = inspect.signature(write_video).parameters
    assert list(parameters)[:5] == ["arr", "vname", "vpath", "norm", "options"]
    assert [one.default for one in parameters.values()][1:5] == [None, ".", True, {"crf": "18", "preset": "ultrafast"}]
    names = ["varr", "Y", "A", "C", "AC", "nfm_norm", "gain", "vpath", "vname", "options"]
    parameters = inspect.signature(generate_videos).parameters
    assert list(parameters)[:10] == names
    assert [parameters[name].default for name in names[5:]] == [
        None,
        1.5,
        ".",
        "minian.mp4",
        {"crf": "18", "preset": "ultrafast"},
    ]


def test_one_array_is_shown_at_its_frame_rate(monkeypatch):
    viewer, view = viewed(monkeypatch, movie(), framerate=12)
    assert view.player.fps == 12
    assert view.player.n_frames == 20
    assert view.state.shown.movie.name == "m"
    assert view.state.shows == ["mean"]
    assert viewer.mask == {}


def test_the_mask_changes_on_update_only(monkeypatch):
    viewer, view = viewed(monkeypatch, movie())
    boxes = view.state.main.boxes
    boxes.draw([("", (2.5, 9.5, 4.5, 10.5))])
    assert viewer.mask == {}
    boxes.save()
    assert viewer.mask == {(): {"height": slice(5.0, 10.0), "width": slice(3.0, 9.0)}}
    assert movie().sel(viewer.mask[()]).shape == (20, 6, 7)


def test_layout_has_boxes_of_its_own_for_each_array(monkeypatch):
    viewer, view = viewed(monkeypatch, [movie("raw"), movie("fixed")], layout=True)
    assert [screen.movie.name for screen in view.state.screens] == ["raw", "fixed"]
    assert len(view.player.panels) == 2
    first, second = view._views
    assert first.figure.model.x_range is second.figure.model.x_range
    second.screen.boxes.draw([("", (2.5, 9.5, 4.5, 10.5))])
    second.screen.boxes.save()
    assert list(viewer.mask) == [("fixed",)]


def test_without_layout_a_dropdown_chooses(monkeypatch):
    _, view = viewed(monkeypatch, [movie("raw"), movie("fixed")])
    (selector,) = view._which.row.objects
    assert (selector.label, list(selector.options)) == ("data_var", ["raw", "fixed"])
    selector.value = "fixed"
    assert view.state.shown.movie.name == "fixed"


def test_summary(monkeypatch):
    for summary in ([], None):
        _, view = viewed(monkeypatch, movie(), summary=summary)
        assert not view._timelines.parts[0].visible
    _, view = viewed(monkeypatch, movie(), summary=["diff", "min"])
    assert view.state.shows == ["min", "diff"]
    with pytest.raises(ValueError, match="mean, max, min, diff"):
        VArrayViewer(movie(), summary=["median"])
    with pytest.raises(ValueError, match="framerate"):
        VArrayViewer(movie(), framerate=0)
