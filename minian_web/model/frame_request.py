"""What a player may ask for and what it is answered: the frame protocol, without files and without a server.

A request is a set of texts (a query string, or a message over the websocket). A reply is the length of a header
(uint32, little endian), the header (JSON, padded with blanks so that the pixels begin at a multiple of 8), and the
pixels.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.keys import Key, from_json

MOST_FRAMES = 256
MOST_BYTES = 64 * 2**20
MOST_UNITS = 5000
SCALES = (1, 2, 4, 8, 16)
_LONGEST = 64_000
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class FrameRequest:
    """A request that has been checked as far as that is possible without looking at the movie.

    Attributes
    ----------
    dataset, movie
        Names; the movie is empty when the activity of units is asked for.
    guard
        Guard of the movie or dataset as the page knows it; empty when it does not.
    positions
        Which frames, counted from 0.
    low, high
        Values that become 0 and 255; None leaves the choice to the server.
    region
        `row0, row1, column0, column1`, half open, in pixels; None for the whole frame.
    scale
        Side of the squares of pixels that become one.
    units
        Units whose activity is asked for; None for a movie.
    key
        Session inside a merged dataset.
    exact
        True when stored values of one frame are wanted, not 8-bit levels.
    """

    dataset: str
    movie: str = ""
    guard: str = ""
    positions: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    region: tuple[int, int, int, int] | None = None
    scale: int = 1
    units: tuple[int, ...] | None = None
    key: Key = field(default=())
    exact: bool = False


def parse(texts: Mapping[str, str]) -> FrameRequest:
    """Check the texts of a request.

    Raises
    ------
    BadRequest
        Naming the parameter at fault and why.
    """
    dataset, movie = _text(texts, "dataset"), _text(texts, "movie")
    units = _units(texts["units"]) if "units" in texts else None
    if not dataset:
        raise BadRequest("dataset: missing")
    if bool(movie) == (units is not None):
        raise BadRequest("exactly one of movie and units must be given")
    low, high = _limits(texts)
    request = FrameRequest(
        dataset=dataset,
        movie=movie,
        guard=_text(texts, "guard"),
        positions=_positions(texts),
        low=low,
        high=high,
        region=_region(texts),
        scale=_scale(texts),
        units=units,
        key=_key(texts),
        exact=texts.get("exact", "") not in ("", "0"),
    )
    if request.exact and len(request.positions) != 1:
        raise BadRequest("exact: one frame at a time")
    return request


def _text(texts: Mapping[str, str], name: str) -> str:
    value = texts.get(name, "")
    if len(value) > 4096 or "\0" in value:
        raise BadRequest(f"{name}: not a name")
    return value


def _whole(text: str, name: str, least: int = 0) -> int:
    try:
        value = int(text[:20])
    except ValueError:
        raise BadRequest(f"{name}: expected a whole number, found {text[:40]!r}") from None
    if not least <= value <= _LARGEST:
        raise BadRequest(f"{name}: {value} is not between {least} and {_LARGEST}")
    return value


def _numbers(text: str, name: str, most: int) -> tuple[int, ...]:
    parts = text[:_LONGEST].split(",") if text else []
    if len(text) > _LONGEST or len(parts) > most:
        raise BadRequest(f"{name}: at most {most} of them")
    return tuple(_whole(part, name, least=-_LARGEST) for part in parts)


def _units(text: str) -> tuple[int, ...]:
    return _numbers(text, "units", MOST_UNITS)


def _positions(texts: Mapping[str, str]) -> tuple[int, ...]:
    start = _whole(texts.get("start", "0"), "start")
    stop = _whole(texts.get("stop", str(start + 1)), "stop")
    step = _whole(texts.get("step", "1"), "step", least=1)
    positions = range(start, stop, step)
    if not 1 <= len(positions) <= MOST_FRAMES:
        raise BadRequest(f"start, stop, step: {len(positions)} frames asked for, expected 1 to {MOST_FRAMES}")
    return tuple(positions)


def _limits(texts: Mapping[str, str]) -> tuple[float | None, float | None]:
    if not texts.get("low") and not texts.get("high"):
        return None, None
    low, high = (_number(texts, name) for name in ("low", "high"))
    if not low < high:
        raise BadRequest(f"low, high: {low:g} is not below {high:g}")
    return low, high


def _number(texts: Mapping[str, str], name: str) -> float:
    try:
        value = float(texts.get(name, "")[:40])
    except ValueError:
        raise BadRequest(f"{name}: expected a number, found {texts.get(name, '')[:40]!r}") from None
    if not math.isfinite(value) or abs(value) > 1e30:
        raise BadRequest(f"{name}: {value} cannot be used")
    return value


def _region(texts: Mapping[str, str]) -> tuple[int, int, int, int] | None:
    numbers = _numbers(texts.get("region", ""), "region", 4)
    if not numbers:
        return None
    if len(numbers) != 4 or min(numbers) < 0 or numbers[0] >= numbers[1] or numbers[2] >= numbers[3]:
        raise BadRequest("region: expected row0,row1,column0,column1 with row0 < row1 and column0 < column1")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _scale(texts: Mapping[str, str]) -> int:
    scale = _whole(texts.get("scale", "1"), "scale", least=1)
    if scale not in SCALES:
        raise BadRequest(f"scale: {scale} is none of {', '.join(map(str, SCALES))}")
    return scale


def _key(texts: Mapping[str, str]) -> Key:
    text = texts.get("key", "")
    if not text:
        return ()
    try:
        pairs = json.loads(text[:4096])
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict):
        raise BadRequest("key: expected a JSON object of dimension and value")
    return from_json(pairs)


def pack(header: Mapping[str, Any], pixels: np.ndarray) -> bytes:
    """Put a reply together.

    Parameters
    ----------
    pixels
        Any shape; sent in C order, little endian.
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % 8)
    little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return b"".join((struct.pack("<I", len(text)), text, little.data.cast("B")))


def unpack(reply: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """Take a reply apart again, for tests and notebooks."""
    (length,) = struct.unpack_from("<I", reply)
    header = json.loads(reply[4 : 4 + length])
    pixels = np.frombuffer(reply, np.dtype(header["dtype"]), offset=4 + length)
    return header, pixels.reshape(header["count"], header["height"], header["width"])
