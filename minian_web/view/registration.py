"""Cross-Registration: judge, correct and compute the matching of cells across sessions."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import param

from minian_web.state.registration import RegistrationState, session_names
from minian_web.view.registration_compute import CSS, ComputePanel
from minian_web.view.registration_match import match_html
from minian_web.view.registration_panel import STRETCH, OverlayPanel
from minian_web.view.registration_quality import (
    MODES,
    counts_html,
    distances_html,
    history_html,
    overlaps_html,
    pictures_html,
    quality_html,
)
from minian_web.view.registration_table import MatchTable
from minian_web.view.registration_tools import ExportDialog, toolbar
from minian_web.view.shell import button, choice, float_slider, select

TABS = ("Match", "Alignment", "Distances", "History", "Compute")
SAID = {"saved": "All changes saved", "saving": "Saving…", "refused": "Not saved"}


class Looks(param.Parameterized):
    """What of the evidence is looked at."""

    tab: Any = param.Selector(default="Match", objects=list(TABS), doc="Input: part of the page that is shown")
    first = param.String(doc="Input: session in the pictures")
    second = param.String(doc="Input: the other one")
    mode: Any = param.Selector(default="Overlay", objects=list(MODES), doc="Input: how the pictures are compared")


class RegistrationView(pn.viewable.Viewer):
    """The page of a `RegistrationState`."""

    def __init__(self, state: RegistrationState) -> None:
        super().__init__()
        self.state, self._looks = state, Looks()
        self._overlay = OverlayPanel(state)
        self._table = MatchTable(lambda one: setattr(state, "match", one))
        self._panes = {
            name: pn.pane.HTML("", stylesheets=[CSS], sizing_mode="stretch_width", margin=(6, 4))
            for name in ("match", "pictures", "quality", "distances", "overlaps", "history", "counts", "preview")
        }
        self._message = pn.pane.HTML(margin=(0, 8), align="center", sizing_mode="stretch_width", stylesheets=[CSS])
        self._saved = pn.pane.HTML(margin=(0, 8), align="center", stylesheets=[CSS])
        self._build_controls()
        self._compute = ComputePanel(state)
        self._export = ExportDialog(state)
        self._show("match", match_html(None))
        self._follow()
        self._show_found()
        self._show_saving()

    @property
    def commands(self) -> dict[str, Callable[[], Any]]:
        """What the keys of this page do."""
        state = self.state
        changes = ("keep", "drop", "reset", "break", "join")
        return {
            **{f"{kind}_match": partial(state.change, kind) for kind in changes},
            "undo": state.undo,
            "redo": state.redo,
            "next_match": lambda: state.step(1, self._table.order()),
            "previous_match": lambda: state.step(-1, self._table.order()),
            "mark_match": state.mark,
            "clear_marks": state.clear,
        }

    # --- controls --------------------------------------------------------------------------------------------------

    def _build_controls(self) -> None:
        state = self.state
        self._source = select("Registration", {}, None, self._choose_source, width=180, margin=(4, 8), align="center")
        self._pair = [
            select("", {}, None, self._compare(side), width=150, margin=(8, 4)) for side in ("first", "second")
        ]
        self._tabs = choice(
            list(TABS), "Match", lambda tab: self._looks.param.update(tab=tab), margin=(4, 4), align="center"
        )
        self._save = button("Save", state.save, main=True, margin=(4, 2), align="center", visible=False)
        self._cancel = button("Cancel", state.cancel, margin=(4, 2), align="center", visible=False)

    def _compare(self, side: str) -> Callable[[Any], None]:
        return lambda name: setattr(self._looks, side, name or "")

    def _choose_source(self, name: str | None) -> None:
        if name:
            self.state.registration = name

    # --- following the state ---------------------------------------------------------------------------------------

    def _follow(self) -> None:
        watch, looks = self.state.param.watch, self._looks.param.watch
        watch(lambda *_: self._show_found(), ["found", "sources", "draft", "registration"])
        watch(lambda *_: self._show_current(), ["current", "metas", "meta"])
        watch(lambda *_: self._show_pictures(), "scene")
        watch(lambda *_: self._show_matches(), ["matches", "marked"])
        watch(lambda *_: self._table.point_at(self.state.match), ["match", "matches"])
        watch(lambda *_: self._show("match", match_html(self.state.evidence)), "evidence")
        watch(lambda *_: self._show_quality(), ["quality", "scene"])
        watch(lambda *_: self._show_distances(), ["distances", "distance"])
        watch(lambda *_: self._show_preview(), ["preview", "distance"])
        watch(lambda *_: self._show_message(), "message")
        watch(lambda *_: self._show_saving(), ["saving", "draft"])
        watch(lambda event: self._cancel.param.update(visible=event.new), "computing")
        looks(lambda *_: self._show_tab(), "tab")
        looks(lambda *_: self._show_pictures(), ["first", "second", "mode"])

    def _show(self, pane: str, content: str) -> None:
        self._panes[pane].object = content

    def _show_found(self) -> None:
        state = self.state
        names = {source.name: source.name for source in state.sources}
        if state.draft:
            names = {"not saved yet": "", **names}
        value = "" if state.draft else state.registration
        self._source.param.update(options=names, value=value if value in names.values() else None)
        self._source.visible = bool(names)
        self._save.visible = state.draft
        if state.found and not state.sources and not state.draft:
            self._looks.tab = "Compute"
        elif state.draft and self._looks.tab == "Compute":
            self._looks.tab = "Alignment"
        self._show_tab()

    def _show_current(self) -> None:
        state = self.state
        names = session_names(state.current)
        for at, select_ in enumerate(self._pair):
            value = names[min(at, len(names) - 1)] if names else None
            select_.param.update(options=names, value=value)
        self._looks.param.update(first=self._pair[0].value or "", second=self._pair[1].value or "")
        self._show_tab()

    def _show_matches(self) -> None:
        state = self.state
        self._table.show(state.matches, state.marked)
        self._show("overlaps", overlaps_html(state.matches))
        self._show("counts", counts_html(state.matches.counts(), "Cells by sessions:") if state.matches else "")
        self._show("history", history_html(state.history()))

    def _show_quality(self) -> None:
        self._show("quality", quality_html(self.state.scene, self.state.quality))

    def _show_pictures(self) -> None:
        looks = self._looks
        if looks.tab == "Alignment":
            self._show("pictures", pictures_html(self.state.scene, looks.first, looks.second, looks.mode))

    def _show_distances(self) -> None:
        self._show("distances", distances_html(self.state.distances, self.state.distance))

    def _show_preview(self) -> None:
        said = f"At {self.state.distance:.1f} px:"
        self._show("preview", counts_html(self.state.preview, said) if self.state.preview else "")

    def _show_message(self) -> None:
        message = self.state.message
        text = html.escape(message)
        self._message.object = f'<div role="status" class="said" title="{text}">{text}</div>'

    def _show_saving(self) -> None:
        text = "Not saved yet" if self.state.draft else SAID[self.state.saving]
        kind = "draft" if self.state.draft else self.state.saving
        self._saved.object = f'<span class="quiet" data-saving="{kind}">{text}</span>'

    def _show_tab(self) -> None:
        tab, shown = self._looks.tab, self.state.current is not None
        if self._tabs.value != tab:
            self._tabs.value = tab
        for name, part in getattr(self, "_parts", {}).items():
            part.visible = name == tab
        for part in (self._tabs, self._saved, *getattr(self, "_only_when_shown", ())):
            part.visible = shown
        self._show_pictures()

    # --- layout ----------------------------------------------------------------------------------------------------

    def __panel__(self) -> pn.Column:
        self._parts = {
            "Match": self._match_part(),
            "Alignment": self._alignment_part(),
            "Distances": self._distances_part(),
            "History": self._column(self._panes["history"]),
            "Compute": self._column(self._compute),
        }
        left = pn.Column(self._overlay, **STRETCH)
        self._tools = toolbar(self.state, self._export.open)
        right = pn.Column(
            pn.Row(self._tabs, self._message, sizing_mode="stretch_width", margin=0, height=44),
            *self._parts.values(),
            scroll="y-auto",
            width=600,
            margin=(0, 8, 0, 8),
            sizing_mode="stretch_height",
        )
        self._only_when_shown = (left, self._tools)
        self._show_tab()
        body = pn.Row(left, right, **STRETCH)
        return pn.Column(self._header(), body, self._export.dialog, **STRETCH)

    def _header(self) -> pn.Row:
        """One row: which registration, what can be done about its matches, how many there are, whether all is saved."""
        return pn.Row(
            self._source,
            self._save,
            self._cancel,
            self._tools,
            self._panes["counts"],
            self._saved,
            sizing_mode="stretch_width",
            height=48,
            margin=(4, 8, 0, 8),
        )

    @staticmethod
    def _column(*parts: Any) -> pn.Column:
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def _match_part(self) -> pn.Column:
        return self._column(self._table.widget, self._panes["match"])

    def _alignment_part(self) -> pn.Column:
        modes = choice(list(MODES), "Overlay", lambda mode: self._looks.param.update(mode=mode), margin=(8, 8))
        row = pn.Row(*self._pair, modes, sizing_mode="stretch_width", margin=0)
        return self._column(row, self._panes["pictures"], self._panes["quality"])

    def _distances_part(self) -> pn.Column:
        state = self.state
        slider = float_slider(
            state.param.distance, "Largest distance (px)", description="", step=0.1, width=380, margin=(8, 12)
        )
        again = button("Match anew at this distance", state.redo_at_distance, margin=(8, 4))
        return self._column(slider, self._panes["preview"], again, self._panes["distances"], self._panes["overlaps"])
