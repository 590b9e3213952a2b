"""The units of the group that is shown, as rows that can be clicked and marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets
from minian_web.model.decisions import Decisions
from minian_web.model.walk import Walk
from minian_web.view.figures import unit_color
from minian_web.view.theme import STATUS_COLOURS


class UnitList(JSComponent):
    """Rows of units; a click makes one current, its box marks it."""

    rows = param.List(default=[], doc="Input: one dict a unit, made by `rows_of`")
    empty = param.String(default="No units.", doc="Input: what is said when there are none")

    _esm = assets.text("units.js")

    labels = param.List(default=[], item_type=int, doc="Input: ids of all units of the session, offered as labels")

    def __init__(
        self,
        choose: Callable[[int], None],
        mark: Callable[[int], None],
        label: Callable[[int, int], None] = lambda _unit, _label: None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._choose, self._mark, self._label = choose, mark, label

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict) and isinstance(data.get("label"), int) and isinstance(data.get("unit"), int):
            self._label(data["unit"], data["label"])
        for name, act in (("current", self._choose), ("mark", self._mark)):
            if isinstance(data, dict) and isinstance(data.get(name), int):
                act(data[name])


def rows_of(walk: Walk, decisions: Decisions) -> list[dict[str, Any]]:
    """Rows of the units that a walk shows."""
    return [_row(unit, unit_color(position), walk, decisions) for position, unit in enumerate(walk.shown)]


def _row(unit: int, color: str, walk: Walk, decisions: Decisions) -> dict[str, Any]:
    status = decisions.of(unit).status
    others = [str(other) for other in decisions.cell(unit) if other != unit]
    return {
        "unit": unit,
        "color": color,
        "status": status,
        "label": decisions.of(unit).label,
        "status_color": STATUS_COLOURS[status],
        "text": f"merged with {', '.join(others)}" if status == "merged" else status,
        "marked": unit in walk.marked,
        "current": unit == walk.current,
    }
