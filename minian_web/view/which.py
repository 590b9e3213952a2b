"""Which movie is shown: one dropdown for each metadata dimension, or one with the names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from minian_web.state.looking import SURE
from minian_web.state.movie import MovieState
from minian_web.view.shell import select


class Which:
    """Dropdowns that choose the movie of a state."""

    def __init__(self, state: MovieState) -> None:
        self._state = state
        self._writing = False
        self._names = select("Movie", {}, None, self._choose, width=300, margin=(6, 8), align="center")
        self.row = pn.Row(self._names, margin=0)
        self._dims: dict[str, Any] = {}

    def show(self) -> None:
        """Offer the movies that there are."""
        state = self._state
        keys = [dict(one.key) for one in state.movies]
        told_apart = len({tuple(key.items()) for key in keys}) == len(keys) and len({tuple(key) for key in keys}) == 1
        if told_apart and keys and keys[0] and len(keys) > 1:
            if list(self._dims) != list(keys[0]):
                self._dims = {dim: self._selector(dim, [key[dim] for key in keys]) for dim in keys[0]}
                self.row.objects = list(self._dims.values())
        else:
            options = {_title(one.movie.name, one.status): one.movie.name for one in state.movies}
            self._write(lambda: self._names.param.update(options=options, value=state.movie or None))
        self.follow()

    def follow(self) -> None:
        """Show which movie is shown."""
        state = self._state
        if not self._dims:
            self._write(lambda: self._names.param.update(value=state.movie or None))
            return
        key = next((dict(one.key) for one in state.movies if one.movie.name == state.movie), {})
        for dim, one in self._dims.items():
            if dim in key:
                self._write(partial(one.param.update, value=key[dim]))

    def _selector(self, dim: str, values: list[str]) -> Any:
        distinct = list(dict.fromkeys(values))
        return select(dim, distinct, distinct[0], lambda _value: self._choose_key(), width=180, margin=(6, 8))

    def _write(self, act: Callable[[], Any]) -> None:
        self._writing = True
        try:
            act()
        finally:
            self._writing = False

    def _choose(self, name: str | None) -> None:
        if name and not self._writing:
            self._state.choose(name)

    def _choose_key(self) -> None:
        """Show the movie at this place, or say that there is none."""
        if self._writing:
            return
        key = {dim: one.value for dim, one in self._dims.items()}
        found = [one.movie.name for one in self._state.movies if dict(one.key) == key]
        if found:
            self._state.choose(found[0])
        else:
            self._state.message = f"There is no movie at {', '.join(f'{dim} {value}' for dim, value in key.items())}."
            self.follow()


def _title(name: str, status: str) -> str:
    return f"{name} (not sure)" if status not in SURE else name
