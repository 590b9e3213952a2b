"""Buttons that change matches, and the dialog that exports them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from minian_web.state.registration import RegistrationState
from minian_web.view.keys import label_of, shortcuts_of
from minian_web.view.shell import button, dialog, download


def toolbar(state: RegistrationState, export: Callable[[], None]) -> pn.Row:
    """Buttons for what the keys do as well; the tooltip of each names its key."""
    made = [
        _button("Keep", lambda: state.change("keep"), "The match is right", "keep_match", main=True),
        _button("Drop", lambda: state.change("drop"), "The match is wrong", "drop_match"),
        _button("Break", lambda: state.change("break"), "Into single cells", "break_match"),
        _button("Mark", state.mark, "Mark for the next change", "mark_match"),
        _button("Join", lambda: state.change("join"), "Join the marked matches and this one", "join_match"),
        _button("Reset", lambda: state.change("reset"), "Not judged any more", "reset_match"),
        _button("Undo", state.undo, "Undo your last change", "undo"),
        _button("Redo", state.redo, "Redo", "redo"),
        button("Export…", export, align="center", margin=(4, 2)),
    ]
    return pn.Row(*made, height=44, margin=0, align="center")


def _button(label: str, act: Callable[[], Any], description: str, command: str, *, main: bool = False) -> Any:
    key = next(one.key for one in shortcuts_of("cross_registration") if one.command == command)
    return button(
        label,
        act,
        main=main,
        description=f"{description} ({label_of(key)})",
        sx={"minWidth": "34px", "px": 1.25},
        margin=(4, 2),
        align="center",
    )


class ExportDialog:
    """Dialog with the tables to download; they are made when it opens."""

    def __init__(self, state: RegistrationState) -> None:
        self._state = state
        name = state.dataset.replace("/", "_") or "matches"
        self.dialog = dialog(
            "Export matches",
            pn.pane.HTML("Which unit of each session is which cell, for other programs.", margin=(0, 0, 8, 0)),
            self._download("Matches, one row a cell (CSV)", f"{name}_matches.csv", "wide"),
            self._download("One row per cell and session (CSV)", f"{name}_matches_long.csv", "long"),
        )

    def open(self) -> None:
        """Make the tables and show the dialog."""
        self._state.prepare_exports()
        self.dialog.open = True

    def _download(self, label: str, file: str, form: str) -> Any:
        made = download(label, file, lambda: self._state.exports[form], margin=(4, 0), width=300, disabled=True)
        self._state.param.watch(lambda event: made.param.update(disabled=form not in event.new), "exports")
        return made
