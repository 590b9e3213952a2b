"""Forms made from signatures: what a person types becomes lists of values, and these become combinations."""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minian_web.errors import BadRequest

MOST_VALUES = 24
MOST_COMBINATIONS = 48
NOTHING = "none"


@dataclass(frozen=True)
class Field:
    """One parameter of a step.

    Attributes
    ----------
    name, default, doc
        As the function has it.
    kinds
        What its annotation allows: "int", "float", "str", "bool", "None".
    words
        The words that are allowed where it is text.
    """

    name: str
    default: Any
    kinds: tuple[str, ...]
    words: tuple[str, ...] = ()
    doc: str = ""

    @property
    def text(self) -> str:
        """Give the default as a person types it."""
        return shown(self.default)

    def values(self, text: str) -> list[Any]:
        """Values that a text lists: separated by commas, or `first:last:count` for a range.

        Raises
        ------
        BadRequest
            If it lists none, too many, or something that this parameter cannot be; says which.
        """
        found: list[Any] = []
        for part in (piece.strip() for piece in text.split(",")):
            if part:
                found += self._range(part) if part.count(":") == 2 else [self._value(part)]
        found = list(dict.fromkeys(found))
        if not found:
            raise BadRequest(f"{self.name}: no value is given")
        if len(found) > MOST_VALUES:
            raise BadRequest(f"{self.name}: {len(found)} values are more than {MOST_VALUES}")
        return found

    def _value(self, part: str) -> Any:
        if "None" in self.kinds and part.lower() == NOTHING:
            return None
        if "bool" in self.kinds and part.lower() in ("true", "false", "yes", "no"):
            return part.lower() in ("true", "yes")
        if "str" in self.kinds and part in self.words:
            return part
        number = self._number(part)
        if number is None:
            raise BadRequest(f"{self.name}: {part!r} is no {self._allowed()}")
        return number

    def _number(self, part: str) -> int | float | None:
        try:
            number = float(part)
        except ValueError:
            return None
        if not math.isfinite(number) or not {"int", "float"} & set(self.kinds):
            return None
        if number.is_integer() and abs(number) < 2**53:
            return int(number)
        return number if "float" in self.kinds else None

    def _allowed(self) -> str:
        names = {"int": "whole number", "float": "number", "bool": "yes or no", "None": "“none”"}
        kinds = [names[kind] for kind in self.kinds if kind in names and not (kind == "int" and "float" in self.kinds)]
        return " or ".join([*kinds, *(f"“{word}”" for word in self.words)])

    def _range(self, part: str) -> list[Any]:
        first, last, count = (piece.strip() for piece in part.split(":"))
        ends = self._number(first), self._number(last)
        if ends[0] is None or ends[1] is None or not re.fullmatch(r"\d+", count) or not 1 <= int(count) <= MOST_VALUES:
            raise BadRequest(f"{self.name}: {part!r} is no range first:last:count with a count up to {MOST_VALUES}")
        values = [round(float(value), 12) for value in np.linspace(ends[0], ends[1], int(count))]
        return [self._value(f"{value:.12g}") for value in values]


def shown(value: Any) -> str:
    """Give a value as a person types it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def fields_of(
    function: Callable[..., Any], words: Mapping[str, Sequence[str]] | None = None, without: Sequence[str] = ()
) -> tuple[Field, ...]:
    """Fields of the parameters of a function that have defaults, but those `without`.

    Parameters
    ----------
    words
        What a parameter that takes text may be, by its name.
    """
    docs = _docs(inspect.getdoc(function) or "")
    found = []
    for name, one in inspect.signature(function).parameters.items():
        if one.default is inspect.Parameter.empty or name in without:
            continue
        allowed = tuple((words or {}).get(name, ()))
        found.append(Field(name, one.default, _kinds(one.annotation, one.default), allowed, docs.get(name, "")))
    return tuple(found)


def _kinds(annotation: Any, default: Any) -> tuple[str, ...]:
    if annotation is inspect.Parameter.empty:
        return (type(default).__name__,)
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return tuple(part.strip() for part in text.split("|"))


def _docs(text: str) -> dict[str, str]:
    """Texts of the parameters in a numpydoc docstring; several names may share one."""
    found: dict[str, str] = {}
    names: list[str] = []
    section = text.partition("Parameters\n----------\n")[2]
    for line in section.splitlines():
        if line and not line.startswith(" "):
            if re.fullmatch(r"\w+", line) and line[0].isupper() and line in ("Returns", "Raises", "Yields"):
                break
            names = [name.strip() for name in line.split(":")[0].split(",")]
        elif line.strip():
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found


@dataclass(frozen=True)
class Section:
    """A function of a step: part of its form, and one dictionary of the pipeline's notebook.

    Attributes
    ----------
    name, title
        Name of the dictionary, and what a person reads.
    variants
        Fields of each method; one method named "" where there is no choice.
    default
        The method that is chosen at first.
    python
        Gives the dictionary that the notebook has, of the method and the values.
    """

    name: str
    title: str
    variants: Mapping[str, tuple[Field, ...]]
    default: str = ""
    python: Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None] = lambda _method, values: values


Choice = dict[str, str]
Combination = dict[str, dict[str, Any]]


def combinations(
    sections: Sequence[Section], methods: Mapping[str, str], texts: Mapping[tuple[str, str], str]
) -> list[Combination]:
    """Give all combinations of what was typed: values by section and parameter; a method under the name "method".

    Parameters
    ----------
    methods
        Method by section, where another than the default is wanted.
    texts
        What was typed, by section and parameter; the default where nothing is.

    Raises
    ------
    BadRequest
        Naming every field that cannot be read, or the number of combinations when they are too many.
    """
    lists: list[list[tuple[str, str, Any]]] = []
    wrong: list[str] = []
    for section in sections:
        method = methods.get(section.name, section.default)
        if method not in section.variants:
            raise BadRequest(f"{section.title}: there is no {method!r}, only {', '.join(section.variants)}")
        if len(section.variants) > 1:
            lists.append([(section.name, "method", method)])
        for field in section.variants[method]:
            try:
                values = field.values(texts.get((section.name, field.name), field.text))
                lists.append([(section.name, field.name, value) for value in values])
            except BadRequest as error:
                wrong.append(str(error))
    if wrong:
        raise BadRequest("; ".join(wrong))
    count = math.prod(len(one) for one in lists)
    if count > MOST_COMBINATIONS:
        raise BadRequest(f"these are {count} combinations; at most {MOST_COMBINATIONS} are computed at once")
    return [_combination(sections, chosen) for chosen in itertools.product(*lists)]


def _combination(sections: Sequence[Section], chosen: Sequence[tuple[str, str, Any]]) -> Combination:
    result: Combination = {section.name: {} for section in sections}
    for section, name, value in chosen:
        result[section][name] = value
    return result


def differing(found: Sequence[Combination]) -> list[tuple[str, str]]:
    """Section and name of the parameters in which combinations differ."""
    names = {(section, name) for one in found for section, values in one.items() for name in values}
    missing = object()
    return sorted(
        (section, name)
        for section, name in names
        if len({repr(one.get(section, {}).get(name, missing)) for one in found}) > 1
    )


def python_of(sections: Sequence[Section], one: Combination) -> str:
    """Give the dictionaries of the pipeline's notebook for a combination, as Python."""
    lines = []
    for section in sections:
        values = dict(one.get(section.name, {}))
        method = str(values.pop("method", "")) if len(section.variants) > 1 else ""
        found = section.python(method, values)
        if found is not None:
            lines.append(f"{section.name} = {dict(found)!r}")
    return "\n".join(lines)
