import numpy as np

from minian_web.model.footprints import from_dense
from minian_web.model.metrics import (
    DESCRIPTIONS,
    METRICS,
    Metrics,
    footprint_metrics,
    rowwise_correlation,
    trace_metrics,
)


def disk(row, column, radius, shape=(60, 80), stretch=1.0):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    away = (((rows - row) / stretch) ** 2 + (columns - column) ** 2) / radius**2
    return np.where(away <= 1, np.exp(-2 * away), 0)


def test_of_footprints():
    images = [disk(20, 20, 8), disk(20, 50, 4, stretch=4), disk(0, 70, 3), np.zeros((60, 80))]
    found = footprint_metrics(from_dense([5, 1, 9, 2], images, (60, 80)))
    assert found["area"][:3].tolist() == [(image > 0).sum() for image in images[:3]]
    assert found["roundness"][0] > 0.95 > 0.75 > found["roundness"][1]
    assert found["border"][:3].tolist() == [13, 6, 0]
    np.testing.assert_allclose(found["neighbour"][0], 30, atol=0.01)
    assert all(np.isnan(values[3]) for values in found.values())


def test_a_single_unit_has_no_neighbour():
    assert np.isnan(footprint_metrics(from_dense([0], [disk(9, 9, 3)], (60, 80)))["neighbour"]).all()


def traces(noise):
    rng = np.random.default_rng(4)
    s = np.zeros((2, 3000))
    s[0, 100::300] = 5
    s[1, 200::1500] = 1
    c = np.zeros_like(s)
    for frame in range(1, 3000):
        c[:, frame] = 0.95 * c[:, frame - 1] + s[:, frame]
    return c, s, c + rng.normal(0, noise, c.shape)


def test_of_traces():
    c, s, yra = traces(0.5)
    found = trace_metrics(c, s, yra)
    np.testing.assert_allclose(found["event_rate"], [1000 * 10 / 3000, 1000 * 2 / 3000])
    np.testing.assert_allclose(found["noise"], 0.5 * np.exp(-0.2886), rtol=0.1)
    np.testing.assert_allclose(found["peak_snr"], (c.max(1) - np.median(c, axis=1)) / found["noise"])
    np.testing.assert_allclose(found["fit"], [np.corrcoef(c[0], yra[0])[0, 1], np.corrcoef(c[1], yra[1])[0, 1]])
    assert found["fit"][0] > found["fit"][1]


def test_frames_of_other_sessions_change_nothing():
    whole = trace_metrics(*traces(0.5))
    padded = [np.concatenate([one, np.full((2, 40), np.nan)], axis=1) for one in traces(0.5)]
    for name, values in trace_metrics(*padded).items():
        np.testing.assert_allclose(values, whole[name], err_msg=name)


def test_units_that_are_not_there_or_silent():
    c = np.stack([np.full(100, np.nan), np.zeros(100)])
    found = trace_metrics(c, c, c)
    assert all(np.isnan(values[0]) for values in found.values())
    assert found["event_rate"][1] == 0
    assert np.isnan(found["fit"][1])


def test_without_spikes_and_raw_traces():
    assert set(trace_metrics(traces(0.1)[0])) == {"noise", "peak_snr"}


def test_rowwise_correlation():
    a = np.array([[1.0, 2, 3, np.nan], [1, 1, 1, 1]])
    np.testing.assert_allclose(rowwise_correlation(a, np.array([[2.0, 4, 6, 1], [1, 2, 3, 4]])), [1, np.nan])


def test_columns_have_an_order_and_a_meaning():
    metrics = Metrics(np.arange(2)).with_columns({"fit": np.zeros(2), "area": np.ones(2)})
    assert list(metrics.columns) == ["area", "fit"]
    assert set(DESCRIPTIONS) == set(METRICS)
