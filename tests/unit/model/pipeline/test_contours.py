from __future__ import annotations

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.pipeline.contours import contour_image


def test_a_cone_has_rings() -> None:
    rows, columns = np.mgrid[:700, :700]
    away = np.hypot(rows - 350, columns - 350)
    drawn = contour_image(-away, 4)
    assert drawn.shape == (700, 700)
    assert len(np.unique(drawn[np.isfinite(drawn)])) == 4
    assert np.abs(-away - drawn)[np.isfinite(drawn)].max() < 2
    assert 0 < np.isfinite(drawn).mean() < 0.02


def test_small_frames_are_drawn_finer_and_flat_ones_are_empty() -> None:
    ramp = np.tile(np.arange(16.0), (12, 1))
    drawn = contour_image(ramp, 1)
    assert drawn.shape == (48, 64)
    assert np.isfinite(drawn).sum() == 48
    assert np.isnan(contour_image(np.full((5, 5), 3.0))).all()
    assert np.isnan(contour_image(np.full((5, 5), np.nan))).all()
    with pytest.raises(BadRequest):
        contour_image(ramp, 0)
