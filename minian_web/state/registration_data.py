"""What Cross-Registration shows: a registration, its sessions on one canvas, which cells match."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import BadRequest, MinianWebError
from minian_web.jobs import Deliver, Tick
from minian_web.model.registration.mapping import Matches
from minian_web.model.registration.result import Fingerprint, Member, Registration, changes_since
from minian_web.model.registration.scene import Scene, scene_of
from minian_web.state.registration_parts import itself, parts_of, unknown_units
from minian_web.state.working import Working

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.registration import Opened, Source
    from minian_web.store.registration_sessions import SessionCells

FIRST = 3  # sessions that are drawn before the others are read


class RegistrationData(Working):
    """A registration as one browser session looks at it."""

    dataset = param.String(doc="Input: id of the dataset in the page's address")
    registration = param.String(doc="Input: name of the registration; empty for the first one found")
    meta = param.Parameter((), doc="Input: metadata of the cells shown, as (('animal', 'a1'),)")
    labels = param.Boolean(True, doc="Input: merged units are one cell and discarded ones are left out")

    found = param.Boolean(False, doc="Output: it is known what there is around the dataset")
    sources = param.List([], doc="Output: registrations around the dataset")
    sisters = param.List([], doc="Output: sessions of the same animal, as `Member`")
    metas = param.List([], doc="Output: metadata that the registration has cells of")
    current = param.ClassSelector(class_=Registration, allow_None=True, doc="Output: the registration shown")
    draft = param.Boolean(False, doc="Output: it was computed here and is not saved yet")
    scene = param.ClassSelector(class_=Scene, allow_None=True, doc="Output: sessions on one canvas")
    matches = param.ClassSelector(class_=Matches, allow_None=True, doc="Output: which cells match, edits included")
    doing = param.String(doc="Output: what the progress is of")
    notices = param.List([], doc="Output: what the person must know before working")
    message = param.String(doc="Output: why the last action was refused, or what it did")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._opened: Opened | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self.cells: Mapping[str, SessionCells] = {}
        self._troubles: list[str] = []
        super().__init__(runtime, deliver, **inputs)
        self.param.watch(lambda *_: self._choose(), "registration")
        self.param.watch(lambda *_: self._show_meta(), "meta")
        self.param.watch(lambda *_: self._place(), "labels")

    def _mention(self, error: Exception) -> None:
        self.param.update(message=str(error) or type(error).__name__, progress=None)

    def close(self) -> None:
        """Stop what runs for this page."""
        self._stop()
        self._unsubscribe()
        self._unsubscribe = lambda: None

    # --- finding ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Look around the dataset; the first registration found is opened."""
        self._run(self._look, self._show_found, short=True, name="look for registrations")

    def _look(self, _tick: Tick) -> tuple[list[Source], list[Member]]:
        known = self._runtime.registrations
        if self._runtime.catalog.entry(self.dataset).kind != "dataset":
            raise BadRequest(f"{self.dataset} holds movies only, no cells that could be matched")
        return known.sources(self.dataset), known.sisters(self.dataset)

    def _show_found(self, found: tuple[list[Source], list[Member]]) -> None:
        sources, sisters = found
        self.param.update(sources=sources, sisters=sisters)
        self.found = True
        if sources and self.registration not in [source.name for source in sources]:
            if self.registration:
                self.message = f"There is no registration {self.registration}; the first one is shown."
            self.registration = sources[0].name
        elif sources:
            self._choose()

    def _choose(self) -> None:
        source = next((one for one in self.sources if one.name == self.registration), None)
        if source is None:
            return
        self.close()
        self.param.update(
            error="", notices=[], message="", draft=False, doing="Reading the registration", progress=0.02
        )
        self._run(lambda _tick: self._runtime.registrations.open(source), self._show_opened, name="open registration")

    def _show_opened(self, opened: Opened) -> None:
        self._opened = opened
        self._unsubscribe = opened.log.subscribe(lambda: self._deliver(self._refresh))
        metas = list(opened.registrations)
        self.metas = metas
        if self.meta in metas:
            self._show_meta()
        else:
            own = [meta for meta, one in opened.registrations.items() if self._speaks_of_dataset(one)]
            self.meta = (own or metas)[0]

    def _speaks_of_dataset(self, registration: Registration) -> bool:
        return self.dataset in [member.dataset for member in registration.members]

    def _show_meta(self) -> None:
        if self._opened is not None and self.meta in self._opened.registrations:
            self._take(self._opened.registrations[self.meta], draft=False)

    # --- sessions --------------------------------------------------------------------------------------------------

    def _take(self, registration: Registration, *, draft: bool) -> None:
        """Show a registration: read its sessions, those drawn first before the others."""
        self.param.update(current=registration, draft=draft, scene=None, doing="Reading footprints", progress=0.05)
        self._run(
            lambda tick: self._read(registration.members, tick, FIRST),
            lambda read: self._have(*read),
            progress=lambda fraction, *partial: self._have_some(fraction, *partial),
            name="read sessions",
        )

    def _read(self, members: Sequence[Member], tick: Tick, first: int = 0) -> tuple[dict[str, SessionCells], list[str]]:
        """Read sessions; those that cannot be read are told, with the reason."""
        cells: dict[str, SessionCells] = {}
        troubles: list[str] = []
        for done, member in enumerate(members):
            if not member.dataset:
                troubles.append(f"{member.name}: no dataset of this session was found; its cells are listed only.")
                continue
            try:
                cells[member.name] = self._session(member, self._part(tick, done, len(members)))
            except (MinianWebError, OSError) as error:
                troubles.append(f"{member.name} cannot be shown: {error}")
            if done + 1 == first < len(members):
                tick((done + 1) / len(members), dict(cells))
        return cells, troubles

    @staticmethod
    def _part(tick: Tick, done: int, count: int) -> Callable[[float], None]:
        return lambda fraction: tick((done + fraction) / count)

    def _session(self, member: Member, tick: Callable[[float], None]) -> SessionCells:
        from minian_web.store.registration_sessions import read_session

        dataset = self._runtime.dataset(member.dataset)
        decisions = self._runtime.curation(member.dataset).decisions(member.key)
        return read_session(member, dataset, decisions.labels(), tick)

    def _have_some(self, fraction: float, cells: dict[str, SessionCells] | None = None) -> None:
        self.progress = max(0.01, min(fraction, 0.99))
        if cells:
            self.cells = cells
            self._place()

    def _have(self, cells: dict[str, SessionCells], troubles: list[str]) -> None:
        self.cells, self._troubles = cells, troubles
        self.progress = None
        if self._opened is not None and not self.draft:
            self._opened.log.note(self.meta, self.fingerprints())
        self._place()

    def _place(self) -> None:
        """Bring the sessions to one canvas, as units or as cells."""
        cells, registration, labels = self.cells, self.current, self.labels
        if registration is None or not cells:
            self._refresh()
            return

        def build(_tick: Tick) -> Scene:
            return scene_of(parts_of(cells, labels), registration.shifts)

        self._run(build, self._show_scene, short=True, name="align sessions")

    def _show_scene(self, scene: Scene) -> None:
        self._refresh(scene=scene)

    def _refresh(self, **outputs: Any) -> None:
        """Show which cells match now, and what must be known."""
        if self.current is None:
            return
        base = self._base()
        matches, lost = (base, 0)
        if self.labels and self.cells:
            matches, lost = base.named(
                {s: self.cells[s].names if s in self.cells else itself(base, s) for s in base.sessions}
            )
        self.param.update(matches=matches, notices=self._to_know(base, lost), **outputs)

    def _base(self) -> Matches:
        assert self.current is not None
        if self.draft or self._opened is None:
            return self.current.matches
        return self._opened.log.matches(self.meta)

    # --- what must be known ----------------------------------------------------------------------------------------

    def _to_know(self, base: Matches, lost: int) -> list[str]:
        assert self.current is not None
        notices = list(self._troubles)
        if not self._speaks_of_dataset(self.current):
            notices.append(f"{self.dataset} is not among the sessions of this registration.")
        reason = "" if self.draft else self.why_not_edit()
        if reason:
            notices.append(f"Nothing can be changed here: {reason}")
        if self._opened is not None and not self.draft and self._opened.log.notice:
            notices.append(self._opened.log.notice)
        stale = changes_since(self._made_from(), self.fingerprints())
        if stale:
            notices.append(f"This registration is out of date; compute it anew. {' '.join(stale)}")
        if lost:
            notices.append(
                f"Labels: {lost} unit(s) that were merged into one cell are in matches of their own; "
                "the cell is shown in the match with most sessions."
            )
        as_cells = bool(self.current.parameters.get("labels"))
        return [*notices, *unknown_units(base, self.cells, as_cells)]

    def _made_from(self) -> Mapping[str, Fingerprint]:
        """What the sessions were: as the registration says, else (minian's does not) at the first change made here."""
        assert self.current is not None
        if self.current.fingerprints or self.draft or self._opened is None:
            return self.current.fingerprints
        return self._opened.log.made_from(self.meta)

    def why_not_edit(self) -> str:
        """Why matches cannot be changed; empty when they can."""
        if self.draft:
            return "Save the registration first."
        return "" if self._opened is None else self._runtime.registrations.why_not_write(self._opened.source.folder)

    def fingerprints(self) -> dict[str, Fingerprint]:
        """What the sessions are now."""
        return {session: one.fingerprint for session, one in self.cells.items()}
