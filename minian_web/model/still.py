"""Pictures as PNG files, after the PNG specification (palette images, no filter)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3  # colour type of images whose values are numbers of colours


def png(levels: np.ndarray, colours: Sequence[str]) -> bytes:
    """Encode an image.

    Parameters
    ----------
    levels
        `(height, width)` uint8.
    colours
        256 colours, `#rrggbb`.
    """
    height, width = levels.shape
    palette = b"".join(bytes.fromhex(colour.lstrip("#")[:6]) for colour in colours)
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with the number of its filter, 0
    rows[:, 1:] = levels
    header = struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)
    parts = (b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
