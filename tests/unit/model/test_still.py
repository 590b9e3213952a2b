"""PNG files that other programs can read."""

import io

import numpy as np
from PIL import Image

from minian_web.model.still import png


def test_pixels_and_colours_come_back():
    levels = np.arange(7 * 5, dtype=np.uint8).reshape(7, 5) * 7
    colours = [f"#{level:02x}{255 - level:02x}{level // 2:02x}" for level in range(256)]
    image = np.asarray(Image.open(io.BytesIO(png(levels, colours))).convert("RGB"))
    assert image.shape == (7, 5, 3)
    np.testing.assert_array_equal(image, np.stack([levels, 255 - levels, levels // 2], axis=-1))
