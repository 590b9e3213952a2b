"""Images as they are shown in a preview."""

from __future__ import annotations

import numpy as np

from minian_web.model.picture import as_picture


def test_a_picture_is_stretched_and_ignores_nan():
    image = np.linspace(0, 1000, 10_000).reshape(100, 100)
    image[0, 0] = np.nan
    picture = as_picture(image)
    assert picture.dtype == np.uint8
    assert picture.min() == 0
    assert picture.max() == 255
    assert (np.diff(picture[50].astype(int)) >= 0).all()
    assert not as_picture(np.full((3, 3), np.nan)).any()
    assert as_picture(np.full((3, 3), 7.0)).dtype == np.uint8
    assert as_picture(None) is None
