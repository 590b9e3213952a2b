"""Table of all matches: one row a cell, one column a session; sorts, filters, follows and sets the chosen match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from minian_web import assets
from minian_web.model.registration.mapping import NONE, Matches

OWN = {"match": "id", "mark": "marked", "status": "status", "found": "sessions"}
FILTERS = {
    "found": {"type": "number", "func": ">=", "placeholder": "at least"},
    "status": {"type": "input", "func": "like", "placeholder": "status"},
}
PAGE = 7


class MatchTable:
    """Table of matches.

    Parameters
    ----------
    choose
        Called with the id of a row that was clicked.
    """

    def __init__(self, choose: Callable[[int], None]) -> None:
        self._matches: Matches | None = None
        self._choose = choose
        self.widget = pn.widgets.Tabulator(
            frame_of(None, []),
            pagination="remote",
            page_size=PAGE,
            header_filters=FILTERS,
            titles=OWN,
            show_index=False,
            disabled=True,
            selectable=1,
            theme="simple",
            layout="fit_data_stretch",
            sizing_mode="stretch_width",
            height=336,
            widths={"match": 58, "mark": 70, "status": 90, "found": 84},
            text_align={"match": "right", "found": "right"},
            stylesheets=[assets.text("table.css")],
            margin=(0, 0, 8, 0),
        )
        self.widget.on_click(lambda event: self._clicked(event.row))

    def _clicked(self, row: int) -> None:
        if self._matches is not None and 0 <= row < len(self._matches):
            self._choose(int(self._matches.ids[row]))

    def show(self, matches: Matches | None, marked: list[int]) -> None:
        """Show matches; only what changed is sent where the rows are the same."""
        frame, old = frame_of(matches, marked), self.widget.value
        self._matches = matches
        same = list(frame.columns) == list(old.columns) and len(frame) == len(old)
        fixed = [column for column in frame.columns if column not in ("mark", "status")]
        if same and frame[fixed].equals(old[fixed]):
            patch = {
                column: [(at, value) for at, value in enumerate(frame[column]) if value != old[column].iloc[at]]
                for column in ("mark", "status")
            }
            if any(patch.values()):
                self.widget.patch({column: changes for column, changes in patch.items() if changes})
            return
        titles = {f"s{at}": name for at, name in enumerate(matches.sessions)} if matches is not None else {}
        self.widget.param.update(value=frame, titles={**OWN, **titles})

    def point_at(self, id: int | None) -> None:
        """Mark the row of the chosen match and turn to its page."""
        if self._matches is None or id is None or id not in self._matches.ids:
            self.widget.selection = []
            return
        at = self._matches.at(id)
        self.widget.selection = [at]
        order = self.order()
        if id in order and self.widget.page_size:
            page = order.index(id) // self.widget.page_size + 1
            if page != self.widget.page:
                self.widget.page = page

    def order(self) -> list[int]:
        """Ids in the order shown, filters respected."""
        return [int(one) for one in self.widget.current_view["match"]]


def frame_of(matches: Matches | None, marked: list[int]) -> pd.DataFrame:
    """Table as shown; unit ids are text of equal length, so that they sort as numbers."""
    if matches is None:
        return pd.DataFrame({name: [] for name in OWN})
    columns: dict[str, Any] = {
        "match": matches.ids,
        "mark": ["●" if one in marked else "" for one in matches.ids.tolist()],
        "status": [str(one) for one in matches.status],
        "found": matches.found_in.astype(np.int64),
    }
    for at in range(len(matches.sessions)):
        columns[f"s{at}"] = ["" if unit == NONE else f"{unit:>6}" for unit in matches.units[:, at].tolist()]
    return pd.DataFrame(columns)
