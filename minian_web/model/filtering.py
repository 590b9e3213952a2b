"""A short text that says which units of a table are meant: `undecided snr<3 area>=40 17`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.decisions import STATUSES

__all__ = ["NAMES", "Filter"]

NAMES = {
    "snr": "peak_snr",
    "noise": "noise",
    "rate": "event_rate",
    "area": "area",
    "round": "roundness",
    "border": "border",
    "nn": "neighbour",
    "fit": "fit",
    "movie": "movie_match",
}
_COMPARE: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
_CONDITION = re.compile(r"([a-z_]+)\s*(<=|>=|<|>|=)\s*([-+]?[\d.]+(?:e[-+]?\d+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Filter:
    """Which rows are meant.

    Attributes
    ----------
    conditions
        Column, comparison and number; all must hold. An unknown value (NaN) holds none.
    statuses
        One of them must hold; none: any.
    words
        Each must be in the unit's id or note.
    """

    conditions: tuple[tuple[str, str, float], ...] = ()
    statuses: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read what somebody typed.

        Raises
        ------
        BadRequest
            If a comparison names no metric or no number.
        """
        conditions = tuple(_condition(*found) for found in _CONDITION.findall(text))
        words = _CONDITION.sub(" ", text).lower().split()
        statuses = tuple(word for word in words if word in STATUSES)
        return cls(conditions, statuses, tuple(word for word in words if word not in STATUSES))

    def mask(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Which rows of a table are meant, `(n,)` bool.

        Raises
        ------
        BadRequest
            If a metric is not known of these data, or not yet.
        """
        found = np.ones(len(columns["unit"]), bool)
        for name, sign, limit in self.conditions:
            if name not in columns:
                raise BadRequest(f"{name.replace('_', ' ')} is not known for this dataset, or not yet")
            found &= _COMPARE[sign](columns[name], limit)
        if self.statuses:
            found &= np.isin(columns["status"], self.statuses)
        for word in self.words:
            texts = zip(columns["unit"].tolist(), columns["note"].tolist(), strict=True)
            found &= np.array([word == str(unit) or word in note.lower() for unit, note in texts], bool)
        return found


def _condition(name: str, sign: str, number: str) -> tuple[str, str, float]:
    column = NAMES.get(name.lower(), name.lower())
    if column not in NAMES.values():
        raise BadRequest(f"there is no metric {name}; there are {', '.join(NAMES)}")
    try:
        return column, sign, float(number)
    except ValueError:
        raise BadRequest(f"{number} is no number") from None
