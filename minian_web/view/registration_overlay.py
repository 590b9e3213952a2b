"""Overlay of sessions in red, green and blue; hover names the cell, a click looks at its match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.events import Tap
from bokeh.models import HoverTool

from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.scene import Scene
from minian_web.view.field import NOTHING
from minian_web.view.figures import Figure, bounds
from minian_web.view.square import SquarePixels

CHANNELS = ("#ff5a5a", "#4fd25a", "#6f8cff")
CHOSEN, MARKED = "#ffffff", "#ffd23f"
TOOLTIPS = (
    '<div style="font:12px Roboto,Arial,sans-serif;padding:1px 3px;color:#17212b">'
    "<b>@session</b> · unit @unit<br>@match</div>"
)


class Overlay:
    """Figure of a scene.

    Parameters
    ----------
    scene
        Gives the field of view.
    pick
        Called with height, width, and whether shift or ctrl was held.
    """

    def __init__(self, scene: Scene, pick: Callable[[float, float, bool], None]) -> None:
        self._row, self._column = scene.canvas.origin
        heights, widths = (
            np.arange(size) + first for size, first in zip(scene.shape, scene.canvas.origin, strict=True)
        )
        left, right, top, bottom = self._edges = bounds(heights, widths)
        ground = hv.RGB(np.zeros((*scene.shape, 3), np.uint8), bounds=(left, top, right, bottom))
        self.figure = Figure(
            ground,
            xlim=(left, right),
            ylim=(top, bottom),
            invert_yaxis=True,
            xlabel="width (px)",
            ylabel="height (px)",
            default_tools=["pan", "wheel_zoom", "reset"],
            active_tools=["wheel_zoom"],
            responsive=True,
            show_grid=False,
        )
        self._draw_cells()
        self.figure.on(Tap, lambda event: pick(event.y, event.x, _adds(event)))

    def _draw_cells(self) -> None:
        model = self.figure.model
        model.background_fill_color = "#000000"
        style = {"fill_alpha": 0, "line_alpha": 0, "hover_fill_alpha": 0, "hover_line_alpha": 1, "line_width": 1.4}
        nothing = np.zeros(0, np.float32)
        self.figure.add("cells", "circle", {"x": nothing, "y": nothing, "radius": nothing, "line_color": []}, **style)
        cells = model.select_one({"name": "cells"})
        cells.hover_glyph.line_color = "line_color"
        model.add_tools(HoverTool(renderers=[cells], tooltips=TOOLTIPS, point_policy="follow_mouse", visible=False))
        self.figure.add("marked", "line", {"x": NOTHING, "y": NOTHING}, line_color=MARKED, line_dash="dashed")
        self.figure.add("chosen", "line", {"x": NOTHING, "y": NOTHING}, line_color=CHOSEN, line_width=1.6)

    def show(self, picture: np.ndarray) -> None:
        """Show an image of colours, `(height, width)` uint32 RGBA."""
        self.figure.write("ground", image=[picture])

    def show_cells(
        self, scene: Scene, channels: Iterable[str], drawn: Mapping[str, np.ndarray], matches: Matches
    ) -> None:
        """Let the pointer find the cells that are drawn, by a circle as large as each."""
        places, radii, texts = [np.zeros((0, 2))], [np.zeros(0)], []
        for session, color in dict(zip(reversed([*channels]), reversed(CHANNELS), strict=True)).items():
            if session not in drawn:
                continue
            footprints = scene.footprints[session]
            shown = np.isin(footprints.unit_ids, drawn[session]) & np.isfinite(footprints.centroids).all(axis=1)
            places.append(footprints.centroids[shown] + (self._row, self._column))
            radii.append(scene.radii(session)[shown])
            units = footprints.unit_ids[shown].tolist()
            texts += [(color, session, str(unit), match_text(matches, session, unit)) for unit in units]
        at = np.concatenate(places).astype(np.float32)
        self.figure.write(
            "cells",
            x=at[:, 1],
            y=at[:, 0],
            radius=np.concatenate(radii).astype(np.float32),
            **{name: [text[n] for text in texts] for n, name in enumerate(("line_color", "session", "unit", "match"))},
        )

    def outline(self, part: str, scene: Scene, matches: Matches, ids: Iterable[int], channels: Iterable[str]) -> None:
        """Outline matches in the sessions that are drawn: `part` is `chosen` or `marked`."""
        xs, ys = [NOTHING[:1]], [NOTHING[:1]]
        for one in ids:
            if one not in matches.ids:
                continue
            for session, unit in zip(matches.sessions, matches.row(one).units, strict=True):
                known = session in channels and session in scene.footprints
                if known and unit in scene.footprints[session].unit_ids:
                    x, y = scene.outline(session, unit)
                    xs += [x + self._column, NOTHING[:1]]
                    ys += [y + self._row, NOTHING[:1]]
        self.figure.write(part, x=np.concatenate(xs), y=np.concatenate(ys))

    def panel(self) -> pn.Row:
        """Give the figure, with square pixels at every size."""
        square = SquarePixels((self.figure.model, self._edges))
        return pn.Row(self.figure.pane(min_height=320), square, sizing_mode="stretch_both", margin=0)


def match_text(matches: Matches, session: str, unit: int) -> str:
    """What the pointer says about the match of a cell."""
    at = matches.row_of(session, unit) if session in matches.sessions else None
    if at is None:
        return "not in the registration"
    row = matches.row(int(matches.ids[at]))
    others = [
        f"{name} {other}"
        for name, other in zip(matches.sessions, row.units, strict=True)
        if other != NONE and name != session
    ]
    status = f" ({row.status})" if row.status else ""
    return f"match {row.id}{status}: {', '.join(others)}" if others else f"match {row.id}{status}: this session only"


def _adds(event: Any) -> bool:
    modifiers = event.modifiers
    return bool(modifiers and (modifiers.get("shift") or modifiers.get("ctrl")))
