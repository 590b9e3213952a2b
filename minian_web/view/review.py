"""CNMF Review: look at each cell, decide, and know that it is saved."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import panel as pn
import param

from minian_web.state.review import ReviewState
from minian_web.state.review_data import USABLE
from minian_web.view.counts import counts_bar
from minian_web.view.export_dialog import ExportDialog
from minian_web.view.keys import label_of, shortcuts_of
from minian_web.view.label import Label
from minian_web.view.offers import Offers
from minian_web.view.player import COMMANDS, Fallback
from minian_web.view.review_desk import STRETCH, ReviewDesk
from minian_web.view.shell import select
from minian_web.view.strip import Item, Strip, switch, text
from minian_web.view.strip import button as strip_button
from minian_web.view.theme import STATUS_COLOURS
from minian_web.view.units import UnitList, rows_of
from minian_web.view.workbench import Workbench

STEPS = ("next_unit", "previous_unit", "next_group", "previous_group")
DECISIONS = ("keep", "discard", "discard_unit", "merge", "unmerge", "reset")
SWITCHES = {
    "show_c": "Calcium traces",
    "show_s": "Deconvolved spikes",
    "show_yra": "Raw traces, beside the calcium traces fitted to them",
    "normalise": "Each trace at its own scale",
    "use_ac": "Activity at the frame; off: footprints of the shown units, the same at all times",
    "advance": "Go on to the next unit after keep and discard",
}
LOAD = {False: "Load data", True: "Stop loading"}
SAID = {
    "saved": "All decisions saved",
    "saving": "Saving…",
    "writing": "Saved; writing labels…",
    "waiting": "Not saved yet, trying again: {}",
    "behind": "Saved; labels not yet in the arrays: {}",
}


class TraceOptions(param.Parameterized):
    """What of the traces is shown."""

    show_c = param.Boolean(True, doc="Input: calcium traces")
    show_s = param.Boolean(True, doc="Input: spikes")
    show_yra = param.Boolean(True, doc="Input: raw traces")
    normalise = param.Boolean(True, doc="Input: each trace at its own scale")
    use_ac = param.Boolean(True, doc="Input: activity at the frame; off: footprints, the same at all times")


class ReviewView(pn.viewable.Viewer):
    """The page of a `ReviewState`.

    Parameters
    ----------
    answer
        Gives frames over the websocket, where there is no server with an address for them.
    """

    def __init__(self, state: ReviewState, answer: Fallback | None = None) -> None:
        super().__init__()
        self._answer = answer
        self.state, self._options = state, TraceOptions()
        self._desk: ReviewDesk | None = None
        self._workbench: Workbench | None = None
        self._body = pn.Column(**STRETCH)
        self._counts = Label(margin=(0, 8), align="center", sizing_mode="stretch_width")
        self._saved = Label(margin=(0, 8), align="center")
        self._decide = self._decide_strip()
        more = strip_button("export", "Export…", lambda: self._export.open())
        self._more = Strip(more, align="center", margin=(4, 2))
        self._message = Label(margin=0, sizing_mode="stretch_width", visible=False)
        self._units = UnitList(
            choose=lambda unit: state.go("to_unit", unit),
            mark=lambda unit: state.go("toggle", unit),
            label=state.set_label,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._movies = select(
            "Movie",
            {"no movie": ""},
            "",
            lambda name: state.param.update(movie=name),
            width=140,
            margin=(4, 8),
            align="center",
        )
        self._offers = Offers(state)
        self._export = ExportDialog(state)
        self._follow()
        self._show_opened()

    @property
    def commands(self) -> dict[str, Callable[[], Any]]:
        """What the keys of this page do."""
        state = self.state
        steps = {step: (lambda step=step: state.go(step)) for step in STEPS}
        decisions = {kind: (lambda kind=kind: state.decide(kind)) for kind in DECISIONS}
        plays = {name: (lambda name=name: self._play(name)) for name in COMMANDS}
        return {
            **steps,
            **decisions,
            **plays,
            "undo": state.undo,
            "redo": state.redo,
            "next_undecided": self._next_undecided,
            "select_group": lambda: state.go("mark_group"),
            "clear_selection": lambda: state.go("clear"),
            "merge": self._merge,
            "candidate": lambda: self._bench(lambda bench: bench.candidate(+1)),
            "previous_candidate": lambda: self._bench(lambda bench: bench.candidate(-1)),
            "different": state.companions.queue.dismiss,
            "next_transient": lambda: self._look(lambda desk: desk.to_transient(+1)),
            "previous_transient": lambda: self._look(lambda desk: desk.to_transient(-1)),
            "loop_transient": lambda: self._look(lambda desk: desk.loop_transient()),
            "zoom_to_unit": lambda: self._look(lambda desk: desk.zoom_to_unit()),
            "neighbours": state.show_neighbours,
        }

    def _merge(self) -> None:
        """Merge what is marked; a group of the merge queue goes on to the next one."""
        queue = self.state.companions.queue
        if queue.current is not None and set(queue.current.units) == set(self.state.walk.marked):
            queue.accept()
        else:
            self.state.decide("merge")

    def _look(self, act: Callable[[ReviewDesk], None]) -> None:
        if self._desk is not None:
            act(self._desk)

    def _bench(self, act: Callable[[Workbench], None]) -> None:
        if self._workbench is not None:
            act(self._workbench)

    def _play(self, command: str) -> None:
        if self._desk is not None:
            self._desk.player.command(command)

    def _next_undecided(self) -> None:
        decisions = self.state.decisions
        if decisions is not None:
            undecided = decisions.unit_ids[decisions.statuses() == "undecided"]
            self.state.go("next_where", [int(unit) for unit in undecided])

    # --- following the state ---------------------------------------------------------------------------------------

    def _follow(self) -> None:
        watch = self.state.param.watch
        watch(lambda *_: self._show_opened(), "opened")
        watch(lambda *_: self._show_units(), ["walk", "decisions"])
        watch(lambda *_: self._show_counts(), "decisions")
        watch(lambda *_: self._show_saving(), ["saving", "waiting_for"])
        watch(lambda *_: self._show_message(), "message")
        watch(lambda *_: self._show_movies(), ["movies", "movie"])

    def _show_opened(self) -> None:
        opened = self.state.opened
        if opened is None:
            self._desk = None
            self._body.objects = []
            return
        self._desk = ReviewDesk(self.state, opened, self._options, self._answer)
        self._allow(opened.curation.writable)
        self._show_units()
        self._show_counts()
        self._show_saving()
        self._body.objects = [
            self._toolbar(),
            self._message,
            *self._offers.rows,
            self._desk.panels(),
            self._desk.player,
            self._bottom(),
            self._export.pane,
        ]

    def _allow(self, writable: bool) -> None:
        for name in ("keep", "discard", "merge", "unmerge", "undo", "redo"):
            self._decide.change(name, disabled=not writable)

    def _show_units(self) -> None:
        state, walk = self.state, self.state.walk
        if state.decisions is None:
            return
        self._units.rows = rows_of(walk, state.decisions)
        labels = sorted(walk.order)
        if labels != self._units.labels:  # param compares a thousand values far slower
            self._units.labels = labels
        where = " in box" if walk.within_box else ""
        place = f"Group {walk.index + 1} of {len(walk.groups)}{where}" if walk.groups else "No units"
        self._decide.change("place", label=place)

    def _show_counts(self) -> None:
        if self.state.decisions is not None:
            self._counts.markup = counts_bar(self.state.decisions.counts())

    def _show_saving(self) -> None:
        status, opened = self.state.saving, self.state.opened
        said = SAID[status].format(self.state.waiting_for)
        if opened is not None and not opened.curation.writable:
            said = "Read only"
        elif not self.state.served:
            said = "Kept in unit_labels"
        color = STATUS_COLOURS["discarded"] if status in ("waiting", "behind") else "inherit"
        self._saved.markup = (
            f'<span class="saved" data-saving="{status}" style="color:{color}">{html.escape(said)}</span>'
        )

    def _show_message(self) -> None:
        message = self.state.message
        self._message.markup = f'<div role="status" style="padding:4px 12px">{html.escape(message)}</div>'
        self._message.visible = bool(message)

    # --- layout ----------------------------------------------------------------------------------------------------

    def _toolbar(self) -> pn.Row:
        return pn.Row(
            self._decide,
            self._counts,
            *self._sessions(),
            self._movies,
            self._more,
            self._saved,
            height=48,
            sizing_mode="stretch_width",
            margin=(4, 8, 0, 8),
        )

    def _decide_strip(self) -> Strip:
        state = self.state
        return Strip(
            self._key("◀", lambda: state.go("previous_group"), "Previous group", "previous_group"),
            text("place", width=96),
            self._key("▶", lambda: state.go("next_group"), "Next group", "next_group"),
            self._key("Keep", lambda: state.decide("keep"), "Keep", "keep", main=True),
            self._key("Discard", lambda: state.decide("discard"), "Discard", "discard"),
            self._key("Merge", self._merge, "Merge the marked units", "merge"),
            self._key("Unmerge", lambda: state.decide("unmerge"), "Take out of the cell", "unmerge"),
            self._key("Undo", state.undo, "Undo your last action", "undo"),
            self._key("Redo", state.redo, "Redo", "redo"),
            align="center",
        )

    @staticmethod
    def _key(label: str, act: Callable[[], Any], description: str, command: str, *, main: bool = False) -> Item:
        key = next(one.key for one in shortcuts_of("cnmf_review") if one.command == command)
        return strip_button(command, label, act, f"{description} ({label_of(key)})", main=main)

    def _bottom(self) -> pn.Row:
        options = self._options
        shown = {"show_c": "C", "show_s": "S", "show_yra": "YrA", "normalise": "Normalize"}
        assert self._desk is not None
        if not self.state.opened.dataset.has("YrA"):
            shown.pop("show_yra")
        shown |= {"use_ac": "UseAC"}
        made = [switch(options, name, label, SWITCHES[name]) for name, label in shown.items()]
        switches = Strip(
            *made,
            switch(self.state, "advance", "Go on", SWITCHES["advance"]),
            strip_button("refresh", "Refresh", self.state.open, "Open the dataset again, as it is on disk now"),
            strip_button("load", LOAD[False], self.state.load_all, "Read all traces into memory"),
            margin=(0, 0, 4, 0),
        )
        switches.follow(options, list(shown)).follow(self.state, ["advance"])
        self.state.param.watch(lambda event: switches.change("load", label=LOAD[event.new]), "loading")
        self._workbench = Workbench(self.state, self._units, switches, self._desk.raster)
        tall = {"height": "clamp(276px, 36vh, 540px)", "flex": "0 0 auto"}
        return pn.Row(self._desk.traces(), self._workbench.column, styles=tall, **STRETCH)

    def _show_movies(self) -> None:
        names = [pairing.movie.name for pairing in self.state.movies if pairing.status in USABLE]
        options = {"no movie": "", **{name.rpartition("/")[2]: name for name in names}}
        self._movies.param.update(options=options, value=self.state.movie)

    def _sessions(self) -> list[Any]:
        """Choice of the session inside a merged dataset."""
        opened = self.state.opened
        if opened is None or len(opened.dataset.keys) < 2:
            return []
        options = {" · ".join(value for _, value in key): key for key in opened.dataset.keys}
        choose = lambda key: self.state.param.update(key=key)  # noqa: E731
        return [select("Session", options, opened.key, choose, width=150, margin=(4, 8), align="center")]

    def __panel__(self) -> pn.Column:
        return self._body
