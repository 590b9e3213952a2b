"""Boxes drawn on a movie, one of which is its mask: edited here, saved by a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

import param

from minian_web.errors import BadRequest, MinianWebError, NotWritable
from minian_web.jobs import Deliver, Job, Jobs
from minian_web.model.boxes import Box, checked, drawn, unused_name
from minian_web.model.keys import Key
from minian_web.store import masks

if TYPE_CHECKING:
    from minian_web.store.movies import Movie, Playable

Edges = tuple[float, float, float, float]

MOST = 50  # boxes


class Keeper(Protocol):
    """Where boxes are kept."""

    def stored(self, movie: Any) -> tuple[list[Box], str]:
        """Boxes of a movie and the name of the one that is the mask."""

    def store(self, movie: Any, boxes: Sequence[Box], mask: str, key: Key) -> None:
        """Keep boxes instead of those before."""


class OnDisk:
    """Boxes kept beside their movie."""

    def stored(self, movie: Movie) -> tuple[list[Box], str]:
        """Boxes of a movie and the name of the one that is the mask."""
        saved = masks.read_mask(movie)
        if saved is None:
            return [], ""
        return [Box(box.name, box.height, box.width) for box in saved.boxes], saved.mask

    def store(self, movie: Movie, boxes: Sequence[Box], mask: str, key: Key) -> None:
        """Write boxes beside the movie."""
        masks.save_mask(movie, [masks.Box(box.name, box.height, box.width) for box in boxes], mask, key)


class BoxesState(param.Parameterized):
    """Boxes of the shown movie as the page has them, and whether the disk has them too.

    Parameters
    ----------
    why_not
        Asked before every write why nothing may be written now; empty when it may.
    keeper
        Where boxes are kept; beside the movie on disk by default.
    """

    boxes = param.List(default=[], item_type=Box, doc="Output: boxes in the order drawn")
    mask = param.String(doc="Output: name of the box that is the mask; empty without boxes")
    saving: Any = param.Selector(
        default="saved",
        objects=["saved", "unsaved", "saving", "failed"],
        check_on_set=True,
        doc="Output: whether the disk has what the page shows",
    )
    message = param.String(doc="Output: why a box was refused or could not be saved")
    can_save = param.Boolean(default=True, doc="Output: whether anything may be written here")

    def __init__(
        self, jobs: Jobs, deliver: Deliver, why_not: Callable[[], str] = str, keeper: Keeper | None = None
    ) -> None:
        super().__init__()
        self._jobs, self._deliver, self._why_not = jobs, deliver, why_not
        self._keeper: Keeper = keeper or OnDisk()
        self._started: WeakSet[Job] = WeakSet()
        self._movie: Playable | None = None
        self._key: Key = ()
        self._reason = ""

    # --- the movie -------------------------------------------------------------------------------------------------

    def show(self, movie: Playable | None, key: Key = (), reason: str = "") -> None:
        """Read the boxes of a movie; `reason` says why none can be saved, if so."""
        self._movie, self._key = movie, key
        self.param.update(boxes=[], mask="", saving="saved", message="", can_save=not reason)
        self._reason = reason
        if movie is not None:
            self._run(lambda: self._keeper.stored(movie), lambda found: self._loaded(movie, *found))

    def _loaded(self, movie: Playable, boxes: list[Box], mask: str) -> None:
        if movie is self._movie and self.saving == "saved":
            self.param.update(boxes=boxes, mask=mask)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        job = self._jobs.run(
            lambda _tick: work(), done=done, failed=self._fail, deliver=self._deliver, short=True, name="boxes"
        )
        self._started.add(job)

    def close(self) -> None:
        """Hear no more of what was begun; boxes that are being saved are saved nevertheless."""
        for job in list(self._started):
            job.cancel()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, MinianWebError | OSError):
            raise error
        self.param.update(message=str(error), saving="failed" if self.saving == "saving" else self.saving)

    # --- editing ---------------------------------------------------------------------------------------------------

    def draw(self, rows: Sequence[tuple[str, Edges]]) -> None:
        """Take over all boxes as they stand in the figure: moved, drawn, deleted; a refused one stays as it was.

        Parameters
        ----------
        rows
            Name, empty for a box just drawn, and left, right, top and bottom edge.
        """
        movie = self._movie
        if movie is None:
            return
        before = {box.name: box for box in self.boxes}
        kept: list[Box] = []
        refused: list[str] = []
        for given, edges in rows[:MOST]:
            name = given if given in before else unused_name([*before, *(box.name for box in kept)])
            try:
                kept.append(drawn(name, edges, movie.heights, movie.widths))
            except BadRequest as error:
                refused.append(f"{error}.")
                kept += [before[name]] if name in before else []
        self._change(kept, newest=len(kept) > len(before), message=" ".join(refused))

    def set_bounds(self, name: str, height: tuple[float, float], width: tuple[float, float]) -> None:
        """Give a box other bounds, in the movie's coordinates; refused ones change nothing."""
        movie = self._movie
        if movie is None:
            return
        try:
            box = checked(Box(name, height, width), movie.heights, movie.widths)
        except BadRequest as error:
            self.message = f"{error}."
            self.param.trigger("boxes")
            return
        self._change([box if one.name == name else one for one in self.boxes])

    def rename(self, name: str, new: str) -> None:
        """Give a box another name; one that is taken or empty changes nothing."""
        new = new.strip()[:80]
        if not new or new in {box.name for box in self.boxes if box.name != name}:
            self.message = f"There is already a box named {new}." if new else "A box needs a name."
            self.param.trigger("boxes")
            return
        self.mask = new if self.mask == name else self.mask
        self._change([replace(one, name=new) if one.name == name else one for one in self.boxes])

    def delete(self, name: str) -> None:
        """Take a box away."""
        self._change([box for box in self.boxes if box.name != name])

    def make_mask(self, name: str) -> None:
        """Say which box is the mask."""
        if name in {box.name for box in self.boxes} and name != self.mask:
            self.param.update(mask=name, saving="unsaved", message="")

    def _change(self, boxes: list[Box], *, newest: bool = False, message: str = "") -> None:
        names = [box.name for box in boxes]
        mask = self.mask if self.mask in names and not newest else (names[-1] if names else "")
        changed = boxes != self.boxes or mask != self.mask
        self.param.update(boxes=boxes, mask=mask, message=message, saving="unsaved" if changed else self.saving)
        if not changed:
            self.param.trigger("boxes")  # the figure still shows what was refused

    # --- saving ----------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the boxes beside the movie."""
        movie, boxes, mask, key = self._movie, list(self.boxes), self.mask, self._key
        if movie is None or self.saving == "saving":
            return
        if not self.can_save:
            self.message = self._reason
            return
        if not boxes and self.saving == "saved":
            self.message = "There is no box to save; draw one with shift and drag."
            return
        self.param.update(saving="saving", message="")
        self._run(lambda: self._store(movie, boxes, mask, key), lambda _: self._saved(boxes, mask))

    def _store(self, movie: Playable, boxes: Sequence[Box], mask: str, key: Key) -> None:
        if reason := self._why_not():
            raise NotWritable(reason)
        self._keeper.store(movie, boxes, mask, key)

    def _saved(self, boxes: list[Box], mask: str) -> None:
        self.saving = "saved" if (boxes, mask) == (self.boxes, self.mask) else "unsaved"
