"""One line of text about a unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets


class Note(JSComponent):
    """A field whose text is told when the reviewer is done with it."""

    about = param.Integer(None, allow_None=True, doc="Input: the unit; None: the field cannot be used")
    text = param.String(doc="Input: what is written about it so far")
    label = param.String(doc="Input: what stands before the field")
    hint = param.String("Note", doc="Input: what the field says while it is empty")

    _esm = assets.text("note.js")

    def __init__(self, write: Callable[[int, str], None], **params: Any) -> None:
        self._write = write
        super().__init__(**{"sizing_mode": "stretch_width", "margin": (6, 0, 2, 0), **params})

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict) and isinstance(data.get("about"), int) and isinstance(data.get("text"), str):
            self._write(data["about"], data["text"][:2000])
