"""The one table of every keyboard shortcut of every page, and the component that listens for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets

__all__ = ["EVERYWHERE", "PAGES", "SHORTCUTS", "Keys", "Shortcut", "help_of", "label_of", "shortcuts_of"]

_log = logging.getLogger(__name__)

EVERYWHERE = "everywhere"
PAGES = ("home", "movie_viewer", "cnmf_review", "cross_registration", "parameter_explorer")


@dataclass(frozen=True)
class Shortcut:
    """One key of one page.

    Attributes
    ----------
    page
        Address of the page, or `EVERYWHERE`.
    key
        As the browser names it, in lower case, with `ctrl+` and `shift+` before it; `ctrl` is also Command on a Mac.
    command
        What it does: the name under which a view offers it in its `commands`.
    description
        What the help says.
    repeats
        True when holding the key down does it again and again.
    """

    page: str
    key: str
    command: str
    description: str
    repeats: bool = False


def _player(page: str) -> tuple[Shortcut, ...]:
    return (
        Shortcut(page, "space", "play_pause", "Play or pause the movie"),
        Shortcut(page, "arrowright", "step_forward", "Next frame", repeats=True),
        Shortcut(page, "arrowleft", "step_back", "Previous frame", repeats=True),
        Shortcut(page, "shift+arrowright", "jump_forward", "Ten frames on", repeats=True),
        Shortcut(page, "shift+arrowleft", "jump_back", "Ten frames back", repeats=True),
        Shortcut(page, "ctrl+arrowright", "leap_forward", "A hundred frames on", repeats=True),
        Shortcut(page, "ctrl+arrowleft", "leap_back", "A hundred frames back", repeats=True),
        Shortcut(page, "home", "first_frame", "First frame"),
        Shortcut(page, "end", "last_frame", "Last frame"),
        Shortcut(page, "[", "loop_start", "The loop begins at this frame"),
        Shortcut(page, "]", "loop_end", "The loop ends at this frame"),
        Shortcut(page, "\\", "loop_clear", "Play the whole movie again"),
    )


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(EVERYWHERE, "?", "help", "Show the keys of this page"),
    Shortcut(EVERYWHERE, "/", "find_dataset", "Find a dataset"),
    Shortcut("home", "arrowdown", "next_dataset", "Next dataset", repeats=True),
    Shortcut("home", "arrowup", "previous_dataset", "Previous dataset", repeats=True),
    Shortcut("home", "enter", "open_review", "Open the chosen dataset in CNMF Review"),
    *_player("movie_viewer"),
    Shortcut("movie_viewer", "s", "save_mask", "Save the boxes and the mask"),
    *_player("cnmf_review"),
    Shortcut("cnmf_review", "k", "keep", "Keep the selected cells, then go on"),
    Shortcut("cnmf_review", "d", "discard", "Discard the selected cells, then go on"),
    Shortcut("cnmf_review", "shift+d", "discard_unit", "Discard only the current unit of a merged cell"),
    Shortcut("cnmf_review", "m", "merge", "Merge the selected units into one cell"),
    Shortcut("cnmf_review", "u", "unmerge", "Take the selected units out of their cell"),
    Shortcut("cnmf_review", "r", "reset", "Make the selected cells undecided again"),
    Shortcut("cnmf_review", "ctrl+z", "undo", "Undo your last action"),
    Shortcut("cnmf_review", "ctrl+shift+z", "redo", "Redo"),
    Shortcut("cnmf_review", "ctrl+y", "redo", "Redo"),
    Shortcut("cnmf_review", "arrowdown", "next_unit", "Next unit", repeats=True),
    Shortcut("cnmf_review", "arrowup", "previous_unit", "Previous unit", repeats=True),
    Shortcut("cnmf_review", "n", "next_group", "Next group of nearby units"),
    Shortcut("cnmf_review", "p", "previous_group", "Previous group"),
    Shortcut("cnmf_review", "j", "next_undecided", "Jump to the next undecided unit"),
    Shortcut("cnmf_review", "a", "select_group", "Select all units of the group"),
    Shortcut("cnmf_review", "escape", "clear_selection", "Clear the selection"),
    Shortcut("parameter_explorer", "r", "run", "Run the step with what stands in the form"),
    Shortcut("parameter_explorer", "escape", "cancel_run", "Cancel the run"),
    Shortcut("parameter_explorer", "n", "next_step", "Next step"),
    Shortcut("parameter_explorer", "p", "previous_step", "Previous step"),
    Shortcut("cnmf_review", "q", "candidate", "Merge queue: the next units that may be one cell"),
    Shortcut("cnmf_review", "shift+q", "previous_candidate", "Merge queue: the group before"),
    Shortcut("cnmf_review", "x", "different", "Merge queue: different cells, go on"),
    Shortcut("cnmf_review", ".", "next_transient", "Next transient of the current unit"),
    Shortcut("cnmf_review", ",", "previous_transient", "Previous transient of the current unit"),
    Shortcut("cnmf_review", "l", "loop_transient", "Loop the movie around a transient, or end that"),
    Shortcut("cnmf_review", "z", "zoom_to_unit", "Zoom to the current unit, or back"),
    Shortcut("cnmf_review", "o", "neighbours", "Show the nearest other units beside the group, or hide them"),
    Shortcut("cross_registration", "arrowdown", "next_match", "Next match of the table", repeats=True),
    Shortcut("cross_registration", "arrowup", "previous_match", "Previous match of the table", repeats=True),
    Shortcut("cross_registration", "k", "keep_match", "Keep: the match is right"),
    Shortcut("cross_registration", "d", "drop_match", "Drop: the match is wrong"),
    Shortcut("cross_registration", "b", "break_match", "Break the match into single cells"),
    Shortcut("cross_registration", "x", "mark_match", "Mark the match for the next change, or take the mark away"),
    Shortcut("cross_registration", "j", "join_match", "Join the marked matches and the chosen one"),
    Shortcut("cross_registration", "r", "reset_match", "Make the match one that nobody has judged"),
    Shortcut("cross_registration", "ctrl+z", "undo", "Undo your last change"),
    Shortcut("cross_registration", "ctrl+shift+z", "redo", "Redo"),
    Shortcut("cross_registration", "ctrl+y", "redo", "Redo"),
    Shortcut("cross_registration", "escape", "clear_marks", "Take all marks away"),
)

_SHOWN = {
    "space": "Space",
    "arrowright": "→",
    "arrowleft": "←",
    "arrowup": "↑",
    "arrowdown": "↓",
    "escape": "Esc",
    "ctrl": "Ctrl",
    "shift": "Shift",
}


def shortcuts_of(page: str) -> tuple[Shortcut, ...]:
    """Shortcuts that work on a page: its own, then those of every page."""
    return tuple(one for where in (page, EVERYWHERE) for one in SHORTCUTS if one.page == where)


def help_of(page: str, commands: Collection[str]) -> list[dict[str, Any]]:
    """Lines of the page's help: the keys of each command that the page offers, and what it does."""
    lines: dict[str, dict[str, Any]] = {}
    for one in shortcuts_of(page):
        if one.command in commands:
            line = lines.setdefault(one.command, {"keys": [], "text": one.description})
            line["keys"].append(label_of(one.key))
    return list(lines.values())


def label_of(key: str) -> str:
    """Give a key as a person reads it: `ctrl+shift+z` is "Ctrl + Shift + Z"."""
    return " + ".join(_SHOWN.get(part, part.capitalize()) for part in key.split("+"))


class Keys(JSComponent):
    """Listens for the shortcuts of a page and calls the command of each."""

    keys = param.Dict(default={}, doc="Input: key -> whether holding it down repeats")

    _esm = assets.text("keys.js")

    def __init__(self, page: str, commands: Mapping[str, Callable[[], Any]], **params: Any) -> None:
        offered = [one for one in shortcuts_of(page) if one.command in commands]
        self._commands = {one.key: commands[one.command] for one in offered}
        super().__init__(
            keys={one.key: one.repeats for one in offered}, width=0, height=0, margin=0, sizing_mode="fixed", **params
        )

    def _handle_msg(self, data: Any) -> None:
        command = self._commands.get(str(data.get("key"))) if isinstance(data, dict) else None
        if command is None:
            _log.warning("a browser sent a key that this page does not have: %.80r", data)
        else:
            command()
