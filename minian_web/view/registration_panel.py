"""The overlay with what chooses its sessions and how cells are drawn; the page and the notebook have the same."""

from __future__ import annotations

from typing import Any

import panel as pn

from minian_web.model.registration.overlay import WINDOWS
from minian_web.model.registration.scene import Scene
from minian_web.state.registration import RegistrationState, session_names
from minian_web.view.registration_overlay import CHANNELS, Overlay
from minian_web.view.shell import checkbox, float_slider, select, toggle

STRETCH: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}
COLORS = ("R", "G", "B")


class OverlayPanel(pn.viewable.Viewer):
    """Channel selectors, display settings, metadata selector, overlay."""

    def __init__(self, state: RegistrationState) -> None:
        super().__init__()
        self.state = state
        self._overlay: Overlay | None = None
        self._drawn_on: Scene | None = None
        self._place = pn.Column(**STRETCH)
        self._channels = [self._channel(at) for at in range(3)]
        self.meta = select("Animal", {}, None, self._choose_meta, width=130, margin=(4, 4), visible=False)
        watch = state.param.watch
        watch(lambda *_: self._show_sessions(), ["current", "metas", "meta"])
        watch(lambda *_: self._show_channels(), ["session_r", "session_g", "session_b"])
        watch(lambda *_: self._show_scene(), "scene")
        watch(lambda *_: self._show_picture(), "picture")
        watch(lambda *_: self._show_cells(), "drawn")
        watch(lambda *_: self._show_chosen(), ["match", "marked", "matches", "scene"])
        self._show_sessions()
        self._show_scene()
        self._show_picture()
        self._show_cells()

    def _channel(self, at: int) -> Any:
        name = f"session_{'rgb'[at]}"
        return select(
            f"session{COLORS[at]}",
            {"none": ""},
            "",
            lambda session: setattr(self.state, name, session or ""),
            width=128,
            margin=(4, 4),
            sx={"borderLeft": f"4px solid {CHANNELS[at]}", "borderRadius": "6px"},
        )

    def _choose_meta(self, meta: Any) -> None:
        if meta is not None:
            self.state.meta = meta

    # --- following the state ---------------------------------------------------------------------------------------

    def _show_sessions(self) -> None:
        state = self.state
        names = session_names(state.current)
        for made in self._channels:
            made.options = {"none": "", **{name: name for name in names}}
        self._show_channels()
        metas = {" · ".join(value for _, value in meta) or "all": meta for meta in state.metas}
        self.meta.param.update(options=metas, value=state.meta if state.meta in state.metas else None)
        self.meta.label = " · ".join(dim for dim, _ in state.meta).capitalize() or "Animal"
        self.meta.visible = len(metas) > 1

    def _show_channels(self) -> None:
        for made, value in zip(self._channels, self.state.display.channels, strict=True):
            if value in made.options.values():
                made.value = value

    def _show_scene(self) -> None:
        scene = self.state.scene
        if scene is None:
            return
        if self._drawn_on is None or self._drawn_on.canvas != scene.canvas:
            self._overlay = Overlay(scene, self.state.pick)
            self._place.objects = [self._overlay.panel()]
        self._drawn_on = scene

    def _show_picture(self) -> None:
        picture, scene = self.state.picture, self._drawn_on
        if self._overlay is not None and scene is not None and picture is not None and picture.shape == scene.shape:
            self._overlay.show(picture)

    def _show_cells(self) -> None:
        state = self.state
        if self._overlay is not None and state.scene is not None and state.matches is not None and state.drawn:
            self._overlay.show_cells(state.scene, state.display.channels, state.drawn, state.matches)

    def _show_chosen(self) -> None:
        state = self.state
        if self._overlay is not None and state.scene is not None and state.matches is not None:
            channels = state.display.chosen
            chosen = [state.match] if state.match is not None else []
            self._overlay.outline("chosen", state.scene, state.matches, chosen, channels)
            self._overlay.outline("marked", state.scene, state.matches, state.marked, channels)

    # --- layout ----------------------------------------------------------------------------------------------------

    def _settings(self) -> pn.Row:
        state = self.state
        return pn.Row(
            checkbox(state.param.show_matched, "show matched", description="", margin=(0, 4)),
            checkbox(state.param.show_unmatched, "show unmatched", description="", margin=(0, 4)),
            toggle(state.param.labels, "labels", description="", margin=(0, 4)),
            float_slider(state.param.brightness, "brightness", description="", step=0.05, width=130, margin=(0, 12)),
            sizing_mode="stretch_width",
            margin=(0, 0, 0, 8),
        )

    def __panel__(self) -> pn.Column:
        windows = {"none" if one == 0 else f"{one} px": one for one in WINDOWS}
        state = self.state
        erode = select("erode", windows, state.erode, lambda value: setattr(state, "erode", int(value)), width=86)
        erode.margin = (4, 4)
        top = pn.Row(*self._channels, erode, self.meta, sizing_mode="stretch_width", margin=(0, 0, 0, 8))
        return pn.Column(top, self._settings(), self._place, **{**STRETCH, "min_width": 460})
