"""Rows of buttons, switches and texts that the browser lays out at once.

A page with a dozen Material components is laid out a dozen times while it opens; a `Strip` is one component whatever it
holds. Dropdowns, dialogs and fields are made by `view/shell.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets


@dataclass(frozen=True)
class Item:
    """One part of a strip.

    Attributes
    ----------
    name
        Unique in its strip.
    kind
        "button", "switch" or "text".
    label, title
        What stands on it, and what is said when the mouse rests on it.
    act
        Of a button, called without arguments; of a switch, with whether it is on.
    main
        The button that the strip is about.
    on, disabled, hidden
        As it stands.
    width
        Least width in pixels, so that a text that changes moves nothing; 0 for as wide as it is.
    """

    name: str
    kind: str
    label: str
    title: str = ""
    act: Callable[..., Any] | None = field(default=None, compare=False)
    main: bool = False
    on: bool = False
    disabled: bool = False
    hidden: bool = False
    width: int = 0

    def shown(self) -> dict[str, Any]:
        """What the browser is told of it."""
        return asdict(replace(self, act=None))


def button(name: str, label: str, act: Callable[[], Any], title: str = "", **more: Any) -> Item:
    """Make a button of a strip."""
    return Item(name, "button", label, title, act, **more)


def text(name: str, label: str = "", **more: Any) -> Item:
    """Make a text of a strip."""
    return Item(name, "text", label, **more)


def switch(owner: param.Parameterized, name: str, label: str, title: str = "") -> Item:
    """Make a switch that sets a Boolean parameter."""
    return Item(name, "switch", label, title, lambda on: owner.param.update({name: on}), on=getattr(owner, name))


class Strip(JSComponent):
    """A row of items; `change` tells the browser what became of one."""

    items = param.List(default=[], item_type=dict, doc="Output: what the browser draws")
    at_end = param.Boolean(False, doc="Input: the row stands at the end of its place")

    _esm = assets.text("strip.js")

    def __init__(self, *items: Item, **params: Any) -> None:
        self._made = {item.name: item for item in items}
        super().__init__(items=self._shown(), **{"margin": 0, **params})

    def change(self, name: str, **values: Any) -> None:
        """Set fields of an item: `label`, `on`, `disabled`, `hidden` ..."""
        changed = replace(self._made[name], **values)
        if changed != self._made[name]:
            self._made[name] = changed
            self.items = self._shown()

    def follow(self, owner: param.Parameterized, names: Sequence[str]) -> Strip:
        """Keep switches as the parameters of the same names are."""
        for name in names:
            owner.param.watch(lambda event: self.change(event.name, on=bool(event.new)), name)
        return self

    def _shown(self) -> list[dict[str, Any]]:
        return [item.shown() for item in self._made.values()]

    def _handle_msg(self, data: Any) -> None:
        name = (data.get("press") or data.get("turn")) if isinstance(data, dict) else None
        item = self._made.get(name) if isinstance(name, str) else None
        if item is None or item.act is None or item.disabled:
            return
        if item.kind == "switch":
            item.act(bool(data.get("on")))
        else:
            item.act()
