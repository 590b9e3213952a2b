"""What stands beside each frame in the Movie Viewer: histogram, contrast, colormap, boxes by numbers."""

from __future__ import annotations

import logging
import math
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets
from minian_web.state.boxes import BoxesState
from minian_web.state.screen import CONTRASTS, Screen
from minian_web.view.player import COLORMAPS

_log = logging.getLogger(__name__)


class MovieTools(JSComponent):
    """Controls of a `Screen` and its boxes; everything that comes from the browser is checked by the states."""

    title = param.String(doc="Input: name of the movie, where there are several")
    figure = param.String(doc="Input: id of the Bokeh figure whose frame the histogram is of")
    contrast = param.String(default="auto", doc="Input: where the colour limits come from")
    limits = param.List(default=None, allow_None=True, doc="Input: lower and upper limit, None for the whole range")
    colormap = param.String(default="gray", doc="Input: name of the colormap")
    colormaps = param.List(default=list(COLORMAPS), doc="Input: names of all colormaps")
    boxes = param.List(default=[], doc="Input: dicts of name, height, width")
    mask = param.String(doc="Input: name of the box that is the mask")
    saving = param.String(default="saved", doc="Input: whether the boxes are saved")
    can_save = param.Boolean(default=True, doc="Input: whether boxes can be saved at all")
    message = param.String(doc="Input: why something was refused")
    save_label = param.String(default="Save mask", doc="Input: what the button says that keeps the mask")
    revision = param.Integer(default=0, doc="Input: counts up when the fields must show the old values again")

    _esm = "\n".join(assets.text(f"tools/{part}.js") for part in ("parts", "histogram", "contrast", "boxes", "begin"))
    _stylesheets = (assets.text("tools/tools.css"),)

    def __init__(self, state: Screen, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        state.param.watch(lambda *_: self._show_contrast(), ["contrast", "limits", "colormap", "shown"])
        state.param.watch(lambda *_: self._show_boxes(), "message")
        self._boxes.param.watch(lambda *_: self._show_boxes(), ["boxes", "mask", "saving", "can_save", "message"])
        self._show_contrast()
        self._show_boxes()

    @property
    def _boxes(self) -> BoxesState:
        return self._state.boxes

    def _show_contrast(self) -> None:
        state = self._state
        limits = None if state.limits is None else [float(limit) for limit in state.limits]
        self.param.update(contrast=state.contrast, colormap=state.colormap, limits=limits)

    def _show_boxes(self) -> None:
        state = self._boxes
        rows = [{"name": box.name, "height": list(box.height), "width": list(box.width)} for box in state.boxes]
        self.param.update(
            boxes=rows,
            mask=state.mask,
            saving=state.saving,
            can_save=state.can_save,
            message=state.message or self._state.message,
            revision=self.revision + 1,
        )

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        acts = {
            "contrast": self._set_contrast,
            "low": self._set_numbers,
            "colormap": self._set_colormap,
            "box": self._set_bounds,
            "rename": lambda data: self._boxes.rename(str(data["rename"]), str(data.get("to", ""))),
            "delete": lambda data: self._boxes.delete(str(data["delete"])),
            "mask": lambda data: self._boxes.make_mask(str(data["mask"])),
            "save": lambda _data: self._boxes.save(),
        }
        act = next((acts[name] for name in acts if name in data), None)
        if act is None:
            _log.warning("a browser sent what the Movie Viewer does not know: %.80r", data)
        else:
            act(data)

    def _set_contrast(self, data: dict[str, Any]) -> None:
        if data["contrast"] in CONTRASTS:
            self._state.contrast = data["contrast"]

    def _set_numbers(self, data: dict[str, Any]) -> None:
        self._state.set_numbers(_number(data.get("low")), _number(data.get("high")))
        self.revision += 1

    def _set_colormap(self, data: dict[str, Any]) -> None:
        if data["colormap"] in COLORMAPS:
            self._state.colormap = data["colormap"]

    def _set_bounds(self, data: dict[str, Any]) -> None:
        self._boxes.set_bounds(str(data["box"]), _pair(data.get("height")), _pair(data.get("width")))


def _number(value: Any) -> float:
    """Give a number that a browser sent, NaN for anything else."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else math.nan


def _pair(value: Any) -> tuple[float, float]:
    return (_number(value[0]), _number(value[1])) if isinstance(value, list) and len(value) == 2 else (math.nan,) * 2
