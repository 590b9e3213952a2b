"""What a browser may send: everything is checked, and the reason is said."""

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.frame_request import MOST_FRAMES, pack, parse, unpack

GOOD = {"dataset": "d", "movie": "m"}


def test_defaults_are_the_first_frame_whole():
    request = parse(GOOD)
    assert request.positions == (0,)
    assert (request.low, request.high, request.region, request.scale) == (None, None, None, 1)
    assert not request.exact


def test_everything_that_can_be_asked_for():
    request = parse({
        **GOOD, "guard": "g", "start": "4", "stop": "13", "step": "4", "low": "-1.5", "high": "2", "scale": "2",
        "region": "1,2,3,4", "key": '{"animal": "a1", "session": "s2"}',
    })  # fmt: skip
    assert request.positions == (4, 8, 12)
    assert (request.low, request.high) == (-1.5, 2.0)
    assert request.region == (1, 2, 3, 4)
    assert request.key == (("animal", "a1"), ("session", "s2"))


def test_units_are_a_movie_too():
    assert parse({"dataset": "d", "units": "8,3,-1"}).units == (8, 3, -1)
    assert parse({"dataset": "d", "units": ""}).units == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dataset": ""}, "dataset"),
        ({"dataset": "a\0b"}, "dataset"),
        ({"dataset": "d" * 5000}, "dataset"),
        ({"movie": ""}, "movie and units"),
        ({"units": "1"}, "movie and units"),
        ({"start": "-1"}, "start"),
        ({"start": "x"}, "start"),
        ({"start": "1e3"}, "start"),
        ({"start": "9" * 4000}, "start"),
        ({"start": "99999999999999999999"}, "start"),
        ({"start": "5", "stop": "5"}, "0 frames"),
        ({"start": "5", "stop": "1"}, "0 frames"),
        ({"stop": str(MOST_FRAMES + 1)}, "frames asked for"),
        ({"stop": "2147483647"}, "frames asked for"),
        ({"step": "0"}, "step"),
        ({"step": "-1"}, "step"),
        ({"scale": "3"}, "scale"),
        ({"scale": "0"}, "scale"),
        ({"low": "nan", "high": "1"}, "low"),
        ({"low": "1", "high": "inf"}, "high"),
        ({"low": "1"}, "high"),
        ({"low": "2", "high": "2"}, "not below"),
        ({"low": "3", "high": "2"}, "not below"),
        ({"region": "1,2,3"}, "region"),
        ({"region": "5,5,0,1"}, "region"),
        ({"region": "-1,5,0,1"}, "region"),
        ({"region": "a,b,c,d"}, "region"),
        ({"region": "0,1,0,1,5"}, "region"),
        ({"key": "[1]"}, "key"),
        ({"key": "{"}, "key"),
        ({"key": "[" * 4000}, "key"),
        ({"exact": "1", "stop": "2"}, "exact"),
    ],
)
def test_refused_with_the_name_of_what_is_wrong(change, says):
    with pytest.raises(BadRequest, match=says):
        parse({**GOOD, **change})


@pytest.mark.parametrize("units", ["1,a", "1,,2", ",".join(["1"] * 5001), "1" * 70_000])
def test_units_are_checked(units):
    with pytest.raises(BadRequest, match="units"):
        parse({"dataset": "d", "units": units})


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", ">f4"])
def test_reply_is_a_padded_header_and_pixels(dtype):
    pixels = np.arange(12).reshape(2, 2, 3).astype(dtype)
    header = {"count": 2, "height": 2, "width": 3, "dtype": np.dtype(dtype).newbyteorder("<").name, "movie": "ü"}
    reply = pack(header, pixels)
    assert (4 + int.from_bytes(reply[:4], "little")) % 8 == 0
    found, values = unpack(reply)
    assert found == header
    np.testing.assert_array_equal(values, pixels)


def test_pixels_of_a_view_are_sent_in_order():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)[:, ::-1, ::2]
    _, values = unpack(pack({"count": 2, "height": 3, "width": 2, "dtype": "uint8"}, pixels))
    np.testing.assert_array_equal(values, pixels)
