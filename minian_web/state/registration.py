"""State of Cross-Registration: what is drawn, which match is looked at, what is changed about matches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.jobs import Deliver, Tick
from minian_web.model.registration.mapping import NONE
from minian_web.model.registration.overlay import WINDOWS, packed
from minian_web.model.registration.result import Registration
from minian_web.model.registration.scene import (
    Crop,
    Display,
    PairEvidence,
    Scene,
    crops_of,
    evidence_of,
    first_channels,
)
from minian_web.state.registration_edits import Editing

if TYPE_CHECKING:
    from minian_web.runtime import Runtime


@dataclass(frozen=True, eq=False)
class MatchEvidence:
    """What speaks for and against one match.

    Attributes
    ----------
    id
        Global id.
    status
        As `mapping.STATUSES`.
    crops
        Its footprint in every session, at the same place.
    pairs
        Distances and likeness of each two of its cells.
    traces
        By session: `(frame,)` float32 calcium trace; None where the session has none.
    """

    id: int
    status: str
    crops: list[Crop]
    pairs: list[PairEvidence]
    traces: dict[str, np.ndarray | None]


class RegistrationState(Editing):
    """One person at one registration."""

    session_r = param.String(doc="Input: session drawn in red; empty for none")
    session_g = param.String(doc="Input: session drawn in green; empty for none")
    session_b = param.String(doc="Input: session drawn in blue; empty for none")
    erode = param.Integer(0, bounds=(0, 15), doc="Input: window of the erosion in pixels")
    show_matched = param.Boolean(True, doc="Input: draw cells that match in all the sessions chosen")
    show_unmatched = param.Boolean(True, doc="Input: draw the others")
    brightness = param.Number(0.0, bounds=(0, 1), doc="Input: added to every colour")

    picture = param.Parameter(None, doc="Output: `(height, width)` uint32 RGBA of the overlay")
    drawn = param.Parameter(None, doc="Output: session -> units that are drawn")
    evidence = param.Parameter(None, doc="Output: `MatchEvidence` of the match looked at")
    exports = param.Dict({}, doc="Output: bytes of the files to download: wide, long")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._asked = 0
        self._eroded: Scene | None = None
        super().__init__(runtime, deliver, **inputs)
        watch = self.param.watch
        watch(lambda *_: self._set_channels(), "current")
        watch(lambda *_: self._begin(), "matches")
        shown = ["session_r", "session_g", "session_b", "erode", "show_matched", "show_unmatched", "brightness"]
        watch(lambda *_: self.draw(), [*shown, "scene", "matches"])
        watch(lambda *_: self._look_at(), ["match", "scene", "matches"])

    # --- drawing ---------------------------------------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """What is drawn, and how."""
        channels = (self.session_r, self.session_g, self.session_b)
        return Display(channels, self.erode, self.show_matched, self.show_unmatched, self.brightness)

    def _set_channels(self) -> None:
        """Three different sessions; those chosen before stay when the registration has them."""
        if self.current is None:
            return
        names = list(self.current.matches.sessions)
        have = [one for one in names if self.current.member(one).dataset]
        red, green, blue = first_channels(have)
        kept = [one for one in self.display.channels if one]
        if not kept or not set(kept) <= set(names):
            self.param.update(session_r=red, session_g=green, session_b=blue)

    def _begin(self) -> None:
        """Look at the first match, so that the page shows what it can show; keep one that is still there."""
        if self.matches is None or not len(self.matches):
            return
        if self.match is None:
            self.match = int(self.matches.ids[0])
        elif self.match not in self.matches.ids:
            self.param.update(match=int(self.matches.ids[0]), message=f"There is no match {self.match}.")

    def draw(self) -> None:
        """Draw the overlay anew; of several requests the last one counts."""
        scene, matches, display = self.scene, self.matches, self.display
        if scene is None or matches is None:
            self.param.update(picture=None, drawn=None)
            return
        self._asked += 1
        ticket = self._asked

        def work(_tick: Tick) -> tuple[np.ndarray, dict[str, np.ndarray]]:
            shown = [session for session in display.chosen if session in scene.footprints]
            drawn = {session: scene.visible(session, matches, display) for session in shown}
            return packed(scene.overlay(matches, display)), drawn

        def done(found: tuple[np.ndarray, dict[str, np.ndarray]]) -> None:
            if ticket == self._asked:
                self.param.update(picture=found[0], drawn=found[1])
                self._erode_ahead(scene)

        self._run(work, done, short=True, name="draw overlay")

    def _erode_ahead(self, scene: Scene) -> None:
        """Erode by every window that can be chosen, so that the choice is shown at once."""
        if self._eroded is scene:
            return
        self._eroded = scene

        def work(tick: Tick) -> None:
            for window in WINDOWS:
                for session in scene.footprints:
                    tick(0.0)
                    scene.eroded(session, window)

        self._run(work, lambda _: None, name="erode ahead")

    def pick(self, height: float, width: float, add: bool = False) -> None:
        """Look at the match of the cell at this place, or mark it when `add`."""
        if self.scene is None or self.matches is None:
            return
        row, column = height - self.scene.canvas.origin[0], width - self.scene.canvas.origin[1]
        found = self.scene.unit_at(row, column, self.matches, self.display)
        at = None if found is None or found[0] not in self.matches.sessions else self.matches.row_of(*found)
        if at is None:
            return
        if add:
            self.mark(int(self.matches.ids[at]))
        else:
            self.match = int(self.matches.ids[at])

    # --- the match looked at ---------------------------------------------------------------------------------------

    def step(self, by: int, order: list[int] | None = None) -> None:
        """Look at the next or previous match, in the order of the table."""
        ids = order if order else ([] if self.matches is None else self.matches.ids.tolist())
        if not ids:
            return
        known = self.match is not None and self.match in ids
        at = ids.index(self.match or 0) + by if known else (0 if by > 0 else len(ids) - 1)
        self.match = int(ids[min(max(at, 0), len(ids) - 1)])

    def _look_at(self) -> None:
        scene, matches, one = self.scene, self.matches, self.match
        if scene is None or matches is None or one is None or one not in matches.ids:
            self.evidence = None
            return
        traces = self._traces_of

        def work(_tick: Tick) -> MatchEvidence:
            row = matches.row(one)
            units = dict(zip(matches.sessions, row.units, strict=True))
            return MatchEvidence(
                one,
                row.status,
                crops_of(scene, units),
                evidence_of(scene, self.centres_of(scene), units),
                traces(units),
            )

        def done(found: MatchEvidence) -> None:
            if self.match == found.id:
                self.evidence = found

        self._run(work, done, short=True, failed=self._mention, name="look at match")

    def _traces_of(self, units: dict[str, int]) -> dict[str, np.ndarray | None]:
        traces: dict[str, np.ndarray | None] = {}
        for session, unit in units.items():
            one = self.cells.get(session)
            if one is None or unit == NONE:
                continue
            dataset = self._runtime.dataset(one.member.dataset)
            members = [u for u, name in one.names.items() if name == unit] if self.labels else [unit]
            has = dataset.has("C") and members
            traces[session] = np.asarray(dataset.traces("C", members, one.member.key)).mean(axis=0) if has else None
        return traces

    # --- exports ---------------------------------------------------------------------------------------------------

    def prepare_exports(self) -> None:
        """Make the tables that can be downloaded; `exports` has them when they are ready."""
        from minian_web.store.registration_exports import long_csv, wide_csv

        registration, matches, cells, labels = self.current, self.matches, self.cells, self.labels
        if registration is None or matches is None:
            return
        self.exports = {}
        self._run(
            lambda _tick: {"wide": wide_csv(matches), "long": long_csv(registration, matches, cells, labels)},
            lambda made: self._set(exports=made),
            failed=self._mention,
            short=True,
            name="export matches",
        )


def session_names(registration: Registration | None) -> list[str]:
    """Sessions that can be drawn."""
    return [] if registration is None else [one.name for one in registration.members if one.dataset]
