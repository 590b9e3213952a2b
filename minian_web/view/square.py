"""Square pixels in figures that follow the size of the window."""

from __future__ import annotations

from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets


class SquarePixels(JSComponent):
    """Fits the ranges of fields of view to their figures, in the browser, now and at each resize."""

    figures = param.List(default=[], item_type=dict, doc="Input: dicts of `figure`, the id, and `bounds` in its axes")

    _esm = assets.text("square.js")

    def __init__(self, *fields: tuple[Any, tuple[float, float, float, float]], **params: Any) -> None:
        figures = [{"figure": figure.id, "bounds": [float(edge) for edge in edges]} for figure, edges in fields]
        super().__init__(figures=figures, width=0, height=0, margin=0, sizing_mode="fixed", **params)
