"""Compute a registration on the page, judge it, and save it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import BadRequest, Cancelled
from minian_web.jobs import Deliver, Job, Tick
from minian_web.model.registration.alignment import Shift, moved_image, shifts_of
from minian_web.model.registration.mapping import Matches
from minian_web.model.registration.matching import Centres, match, nearest_distances
from minian_web.model.registration.result import Member, Registration
from minian_web.model.registration.scene import Quality, Scene, quality_of, scene_of
from minian_web.state.registration_data import RegistrationData
from minian_web.state.registration_parts import parts_of

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.registration import Source
    from minian_web.store.registration_sessions import SessionCells

FAR = 20.0  # pixels: the histogram's end
PEER_DISTANCE = 5.0  # what minian's notebook has


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of cells that are one match, and of lonely cells to the nearest one of another session, in pixels."""

    matched: np.ndarray
    alone: np.ndarray


class Computing(RegistrationData):
    """Computing registrations, and the evidence for the one that is shown."""

    distance = param.Number(PEER_DISTANCE, bounds=(0.5, FAR), doc="Input: cells closer than this may match, in pixels")

    quality = param.ClassSelector(class_=Quality, allow_None=True, doc="Output: how good the alignment is")
    distances = param.Parameter(None, doc="Output: `Distances` of what is shown")
    preview = param.Dict({}, doc="Output: number of cells by number of sessions at `distance`")
    computing = param.Boolean(False, doc="Output: a registration is being computed and can be cancelled")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._computation: Job | None = None
        self._centres: tuple[Scene, dict[str, Centres]] | None = None
        self._turns = {"preview": 0, "distances": 0, "quality": 0}
        super().__init__(runtime, deliver, **inputs)
        self.param.watch(lambda *_: self._rematch(), "distance")
        self.param.watch(lambda *_: self._judge(), "scene")
        self.param.watch(lambda *_: self._measure(), ["scene", "matches"])

    def _show_opened(self, opened: Any) -> None:
        super()._show_opened(opened)
        given = self.current.parameters.get("max_distance") if self.current is not None else None
        self.distance = min(max(float(given or PEER_DISTANCE), 0.5), FAR)

    # --- computing -------------------------------------------------------------------------------------------------

    def compute(self, members: Sequence[Member], reference: int, distance: float, labels: bool) -> None:
        """Register sessions onto that at position `reference`; shown as a draft until it is saved."""
        chosen = _distinct(members)
        if len(chosen) < 2:
            self.message = "Choose two or more sessions."
            return
        self.param.update(computing=True, progress=0.01, doing="Computing the registration", message="")
        self._computation = self._run(
            lambda tick: self._computed(chosen, chosen[reference].name, distance, labels, tick),
            self._show_computed,
            progress=lambda fraction, *_: self._set(progress=max(0.01, min(fraction, 0.99))),
            failed=self._not_computed,
            name="compute registration",
        )

    def cancel(self) -> None:
        """Stop computing; what was shown before stays."""
        if self._computation is not None:
            self._computation.cancel()
        self.param.update(computing=False, progress=None, message="Cancelled; nothing was changed.")

    def _computed(
        self, members: Sequence[Member], reference: str, distance: float, labels: bool, tick: Tick
    ) -> tuple[Registration, dict[str, SessionCells]]:
        cells, troubles = self._read(members, lambda fraction, *_: tick(0.7 * fraction))
        if troubles:
            raise BadRequest(" ".join(troubles))
        shifts = shifts_between(cells, reference, lambda fraction: tick(0.7 + 0.2 * fraction))
        scene = scene_of(parts_of(cells, labels), shifts)
        row0, row1, column0, column1 = scene.window
        if row1 <= row0 or column1 <= column0:
            raise BadRequest("After alignment the sessions have no place in common; choose others.")
        tick(0.95)
        matches = match(scene.centres(), distance)
        parameters = {"max_distance": distance, "reference": reference, "labels": labels, "window": list(scene.window)}
        prints = {session: one.fingerprint for session, one in cells.items()}
        prints = prints if labels else {session: replace(one, labels="") for session, one in prints.items()}
        named = tuple(one.member for one in cells.values())
        animals = {member.animal for member in named}
        meta = (("animal", animals.pop()),) if len(animals) == 1 and "" not in animals else ()
        return Registration(named, shifts, matches, meta, parameters, prints), cells

    def _show_computed(self, found: tuple[Registration, dict[str, SessionCells]]) -> None:
        registration, cells = found
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self._opened, self.cells, self._troubles = None, cells, []
        labels = bool(registration.parameters["labels"])
        self.param.update(computing=False, progress=None, metas=[registration.meta], scene=None)
        self.param.update(distance=float(registration.parameters["max_distance"]), labels=labels, draft=True)
        self.current = registration
        self._place()

    def _not_computed(self, error: Exception) -> None:
        self.computing = False
        if not isinstance(error, Cancelled):
            self._mention(error)

    def redo_at_distance(self) -> None:
        """Make a draft out of the registration shown: the same sessions and shifts, matched at `distance`."""
        if self.current is None or self.scene is None:
            return
        labels = self.labels
        parameters = {**self.current.parameters, "max_distance": self.distance, "labels": labels}
        prints = self.fingerprints()
        prints = prints if labels else {session: replace(one, labels="") for session, one in prints.items()}
        members = tuple(self.current.member(session) for session in self.scene.parts)
        matches = match(self.centres_of(self.scene), self.distance)
        shifts = {member.name: self.current.shifts[member.name] for member in members}
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self._opened = None
        self.draft = True
        self.current = Registration(members, shifts, matches, self.current.meta, parameters, prints)
        self._refresh()

    def save(self) -> None:
        """Save the draft beside its sessions."""
        registration, who = self.current, str(getattr(self, "reviewer", ""))
        if registration is None or not self.draft:
            return
        self._run(
            lambda _tick: self._runtime.registrations.save(registration, who),
            self._saved,
            failed=self._mention,
            short=True,
            name="save registration",
        )

    def _saved(self, source: Source) -> None:
        self.sources = [source, *self.sources]
        self.registration = source.name
        self.message = f"Saved as {source.path.name}"

    # --- judging ---------------------------------------------------------------------------------------------------

    def centres_of(self, scene: Scene) -> dict[str, Centres]:
        """Centres of all cells of a scene, computed once."""
        if self._centres is None or self._centres[0] is not scene:
            self._centres = scene, scene.centres()
        return self._centres[1]

    def _latest(self, what: str, work: Any, done: Any) -> None:
        """Run a short job whose result counts only when it was not asked for again."""
        self._turns[what] += 1
        turn = self._turns[what]

        def unless_late(tick: Tick) -> Any:
            if turn != self._turns[what]:
                raise Cancelled(what)
            return work(tick)

        self._run(
            unless_late,
            lambda found: done(found) if turn == self._turns[what] else None,
            failed=self._mention,
            short=True,
            name=what,
        )

    def _rematch(self) -> None:
        scene, distance = self.scene, self.distance
        if scene is not None:
            self._latest("preview", lambda _tick: match(self.centres_of(scene), distance), self._show_preview)

    def _show_preview(self, matches: Matches) -> None:
        self.preview = matches.counts()
        if self.draft and self.current is not None:
            parameters = {**self.current.parameters, "max_distance": self.distance, "labels": self.labels}
            self.current = replace(self.current, matches=matches, parameters=parameters)
            self._refresh()

    def _judge(self) -> None:
        scene = self.scene
        self.quality = None
        if scene is not None and len(scene.parts) > 1:
            self._latest("quality", lambda _tick: quality_of(scene), lambda found: self._set(quality=found))

    def _measure(self) -> None:
        scene, matches = self.scene, self.matches
        if scene is None or matches is None:
            self.distances = None
            return

        def work(_tick: Tick) -> Distances:
            return Distances(*nearest_distances(self.centres_of(scene), matches, FAR))

        self._latest("distances", work, lambda found: self._set(distances=found))
        if not self.preview:
            self._rematch()


def shifts_between(cells: Mapping[str, SessionCells], reference: str, tick: Any = None) -> dict[str, Shift]:
    """Shifts of sessions onto a reference one, over the field of view that all of them have."""
    scene = scene_of(parts_of(cells, False), dict.fromkeys(cells, (0.0, 0.0)))
    row0, row1, column0, column1 = scene.window
    if row1 - row0 < 2 or column1 - column0 < 2:
        raise BadRequest("The sessions' coordinates have no place in common.")
    images = {
        session: moved_image(one.projection, scene.offset(session), scene.shape)[row0:row1, column0:column1]
        for session, one in cells.items()
    }
    return shifts_of(images, reference, tick)


def _distinct(members: Sequence[Member]) -> list[Member]:
    """Members with names of their own: of several animals, or datasets, the name says which."""
    names = [member.name for member in members]
    if len(set(names)) == len(names):
        return list(members)
    longer = [f"{member.animal} {member.name}".strip() for member in members]
    if len(set(longer)) < len(longer):
        longer = [member.dataset for member in members]
    return [replace(member, name=name) for member, name in zip(members, longer, strict=True)]
