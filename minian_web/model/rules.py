"""A rule by one metric, which a user applies as one action."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minian_web.errors import BadRequest
from minian_web.model.decisions import Decisions, applied
from minian_web.model.metrics import Metrics

__all__ = ["COMPARISONS", "Rule"]

COMPARISONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {"<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Rule:
    """Do something with all undecided units whose metric is below, or above, a limit.

    Attributes
    ----------
    metric
        One of `model.metrics.METRICS`.
    comparison
        `<` or `>`.
    limit
        In the unit of the metric.
    kind
        `keep` or `discard`.
    """

    metric: str
    comparison: str
    limit: float
    kind: str = "discard"

    def __str__(self) -> str:
        return f"{self.kind} {self.metric} {self.comparison} {self.limit:g}"

    def units(self, metrics: Metrics, decisions: Decisions) -> tuple[int, ...]:
        """Undecided units that it speaks of; one whose metric is not known is never among them.

        Raises
        ------
        BadRequest
            If there is no such metric or comparison.
        """
        if self.metric not in metrics.columns or self.comparison not in COMPARISONS:
            known = ", ".join(metrics.columns) or "none yet"
            raise BadRequest(f"there is no metric {self.metric} {self.comparison}; known are {known}")
        if self.kind not in ("keep", "discard"):
            raise BadRequest(f"a rule keeps or discards, it does not {self.kind}")
        hit = COMPARISONS[self.comparison](metrics.columns[self.metric], self.limit)
        undecided = set(decisions.unit_ids[decisions.statuses() == "undecided"].tolist())
        return tuple(unit for unit in metrics.unit_ids[hit].tolist() if unit in undecided)

    def applied(self, metrics: Metrics, decisions: Decisions) -> Decisions:
        """Decisions after the rule; `BadRequest` when it speaks of no unit."""
        units = self.units(metrics, decisions)
        if not units:
            raise BadRequest(f"no undecided unit has {self.metric} {self.comparison} {self.limit:g}")
        return applied(decisions, self.kind, units)
