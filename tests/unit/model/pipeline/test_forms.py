from __future__ import annotations

import pytest

from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Field, Section, combinations, differing, fields_of, python_of
from minian_web.model.pipeline.temporal import update_temporal


def field(*kinds: str, words: tuple[str, ...] = ()) -> Field:
    return Field("x", 1, kinds, words)


@pytest.mark.parametrize(
    ("one", "text", "values"),
    [
        (field("int"), "3", [3]),
        (field("int"), " 3, 5 ,3,", [3, 5]),
        (field("int"), "1:9:5", [1, 3, 5, 7, 9]),
        (field("float"), "0.1:0.3:3, 2", [0.1, 0.2, 0.3, 2]),
        (field("float"), "1e-3", [0.001]),
        (field("float", "None"), "none, 25", [None, 25]),
        (field("int", "str", words=("p",)), "20, p", [20, "p"]),
        (field("bool"), "yes, no", [True, False]),
    ],
)
def test_what_is_typed_becomes_values(one: Field, text: str, values: list[object]) -> None:
    assert one.values(text) == values


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (field("int"), ""), (field("int"), "1.5"), (field("int"), "a"), (field("int"), "1:9:4"),
        (field("float"), "nan"), (field("float"), "inf"), (field("float"), "1:2:0"), (field("float"), "1:2:999"),
        (field("float"), "1:b:3"), (field("str", words=("p",)), "q"), (field("bool"), "1"), (field("int"), "1:50:25"),
        (field("float"), "1:2:-3"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_name(one: Field, text: str) -> None:
    with pytest.raises(BadRequest, match="x: "):
        one.values(text)


def test_fields_are_those_of_the_signature() -> None:
    found = {one.name: one for one in fields_of(update_temporal, {"add_lag": ("p",)}, without=["scale", "smooth"])}
    assert {name: one.default for name, one in found.items()} == {
        "noise_freq": 0.06, "sparse_penal": 1.0, "p": 1, "add_lag": 20,
    }  # fmt: skip
    assert found["add_lag"].values("p, 3") == ["p", 3]
    assert "Weight of the spikes" in found["sparse_penal"].doc
    assert "Order of the AR process" in found["p"].doc
    assert found["sparse_penal"].text == "1"


def sections() -> list[Section]:
    def renamed(method: str, values: object) -> dict[str, object] | None:
        return {"method": method, **dict(values)} if method != "none" else None  # type: ignore[call-overload]

    first = Section("param_a", "A", {"m": (field("int"),), "none": ()}, "m", renamed)
    return [first, Section("param_b", "B", {"": (Field("y", 0.5, ("float",)),)})]


def test_combinations_of_lists_and_methods() -> None:
    found = combinations(sections(), {}, {("param_a", "x"): "1, 2", ("param_b", "y"): "0, 1, 2"})
    assert len(found) == 6
    assert found[1] == {"param_a": {"method": "m", "x": 1}, "param_b": {"y": 1}}
    assert differing(found) == [("param_a", "x"), ("param_b", "y")]
    assert differing(found[:1]) == []
    (only,) = combinations(sections(), {"param_a": "none"}, {})
    assert only == {"param_a": {"method": "none"}, "param_b": {"y": 0.5}}
    assert python_of(sections(), found[1]) == "param_a = {'method': 'm', 'x': 1}\nparam_b = {'y': 1}"
    assert python_of(sections(), only) == "param_b = {'y': 0.5}"


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(BadRequest, match=r"x: .*; y: "):
        combinations(sections(), {}, {("param_a", "x"): "a", ("param_b", "y"): ""})
    with pytest.raises(BadRequest, match="60 combinations"):
        combinations(sections(), {}, {("param_a", "x"): "1:10:10", ("param_b", "y"): "0:5:6"})
    with pytest.raises(BadRequest, match="no 'q'"):
        combinations(sections(), {"param_a": "q"}, {})
