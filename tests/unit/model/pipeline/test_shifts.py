from __future__ import annotations

import numpy as np
import pytest
import zarr

from minian_web.errors import BadRequest
from minian_web.model.pipeline.shifts import crispness, estimate_shift, prepared, shift_whole, template_spectrum
from tests.paths import ANIMAL1
from tests.unit.model.pipeline.reference import arrays


def test_whole_shifts_are_those_of_the_pipeline() -> None:
    known = arrays("reference")
    for frame, shift, expected in zip(known["shift_in"], known["shift_motion"], known["shifted"], strict=True):
        assert np.array_equal(shift_whole(frame, tuple(shift)), expected)


def test_shifts_leave_the_fill_and_go_the_right_way() -> None:
    frame = np.zeros((5, 6))
    frame[1, 2] = 7
    moved = shift_whole(frame, (2, -1), fill=-1)
    assert np.argwhere(moved == 7).tolist() == [[3, 1]]
    assert (moved[:2] == -1).all()
    assert (moved[:, -1] == -1).all()
    assert (shift_whole(frame, (50, 0), fill=3) == 3).all()
    with pytest.raises(BadRequest):
        shift_whole(frame, (np.nan, 0))


def test_a_known_movement_is_found() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:80, :90]
    cells = [(*rng.uniform(15, 65, 2), rng.uniform(5, 10)) for _ in range(12)]

    def image(down: float, right: float) -> np.ndarray:
        bumps = [h * np.exp(-((rows - r - down) ** 2 + (columns - c - right) ** 2) / 18) for r, c, h in cells]
        return sum(bumps) + 5 * np.exp(-((rows - 40) ** 2 + (columns - 45) ** 2) / 8000)  # the glow stays

    spectrum = template_spectrum(prepared(image(0, 0)))
    for down, right in ((0, 0), (3.4, -2.2), (-6.5, 5.1)):
        found = estimate_shift(prepared(image(down, right)), spectrum)
        assert found == pytest.approx((-down, -right), abs=0.2)


def test_shifts_of_a_simulated_recording_are_near_the_truth() -> None:
    stored = zarr.open_array(ANIMAL1 / "session1/minian_intermediate/varr_ref.zarr/varr_ref", mode="r", zarr_format=2)
    frames = np.asarray(stored[::20], np.float32)
    truth = -arrays("shifts")["shifts"][::20]
    images = [prepared(frame) for frame in frames]
    spectrum = template_spectrum(np.mean(images, axis=0))
    found = np.array([estimate_shift(image, spectrum) for image in images])
    error = (found - np.median(found, axis=0)) - (truth - np.median(truth, axis=0))
    assert np.median(np.abs(error)) < 1


def test_motion_blurs() -> None:
    image = np.random.default_rng(0).random((30, 30))
    blurred = (image[1:, 1:] + image[:-1, :-1]) / 2
    assert crispness(blurred) < crispness(image)
    with pytest.raises(BadRequest):
        crispness(np.zeros((1, 5)))
