import numpy as np

from minian_web.store import raster as module
from minian_web.store.datasets import open_dataset
from minian_web.store.raster import read_raster
from tests import stores


def test_largest_value_of_each_stretch_at_the_units_own_scale(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 7)
    dataset = open_dataset(stores.v2(tmp_path))
    found = read_raster(dataset)
    traces = dataset.traces("C", dataset.unit_ids())
    assert found.shape == (len(traces), 7)
    parts = np.array_split(traces, np.linspace(0, 60, 8).astype(int)[1:-1], axis=1)
    expected = np.stack([part.max(axis=1) for part in parts], axis=1)
    np.testing.assert_allclose(found, 255 * expected / traces.max(axis=1, keepdims=True), atol=0.51)


def test_short_recordings_silent_units_and_units_without_a_trace(tmp_path):
    silent = open_dataset(stores.absent_chunks(tmp_path / "a"))
    found = read_raster(silent)
    assert found.shape == (len(silent.unit_ids()), 60)
    assert not found[2].any()
    lacking = read_raster(open_dataset(stores.unit_without_trace(tmp_path / "b")))
    assert not lacking[0].any()
    assert lacking[1:].any(axis=1).all()
