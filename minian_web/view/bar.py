"""The bar at the top of every page: where one is, which dataset, who reviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets
from minian_web.errors import BadRequest
from minian_web.model.people import reviewer_name
from minian_web.view.theme import PRODUCT


class Bar(JSComponent):
    """Links to the pages, dataset picker, reviewer, theme, help, progress."""

    product = param.String(PRODUCT, doc="Input: name beside the logo")
    logo = param.String(assets.text("logo.svg"), doc="Input: svg")
    home = param.String("/", doc="Input: address of the home page")
    pages = param.List([], doc="Input: dicts of title, href, current")
    dataset = param.String(doc="Input: id of the dataset shown")
    matches = param.List([], doc="Input: dicts of text, note, href for what was typed")
    reviewer = param.String(doc="Input and output: name of the reviewer, remembered by the browser")
    fixed = param.Boolean(False, doc="Input: the reviewer is who logged in, and cannot be changed")
    dark = param.Boolean(False, doc="Input and output: dark colours")
    shortcuts = param.List([], doc="Input: dicts of keys and text, for the help")
    progress = param.Number(-1.0, bounds=(-1, 1), doc="Input: 0..1, or below 0 to hide it")
    doing = param.String(doc="Input: what the progress is of")
    query = param.String(doc="Input: query of the page's address")
    leave = param.String(doc="Input: address that logs out; empty without login")

    _esm = assets.text("bar.js")
    _stylesheets = (assets.text("bar.css"),)

    def __init__(
        self, *, find: Callable[[str], None], refused: Callable[[], None], login: str = "", **params: Any
    ) -> None:
        self._find, self._refused, self._login = find, refused, login
        super().__init__(**{**params, **({"reviewer": login, "fixed": True} if login else {})})

    @property
    def signs_as(self) -> str:
        """Name beside decisions: who logged in, whatever the browser says; without login what the browser says."""
        return self._login or self.reviewer

    @param.depends("reviewer", watch=True)
    def _check_reviewer(self) -> None:
        if self._login:
            self.reviewer = self._login
            return
        try:
            self.reviewer = reviewer_name(self.reviewer) if self.reviewer else ""
        except BadRequest:
            self.reviewer = ""

    def ask(self, what: str) -> None:
        """Open the help, the reviewer's dialog, or the picker: `help`, `reviewer`, `find`."""
        self._send_msg({"ask": what})

    def visit(self, address: str) -> None:
        """Have the browser open another page."""
        self._send_msg({"go": address})

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        if isinstance(query := data.get("find"), str):
            self._find(query)
        if "reviewer" in data and data["reviewer"] is None:
            self._refused()
