"""What CNMF Review shows: one session of a dataset, its units in walk order, their traces, its movies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from minian_web.errors import BadRequest
from minian_web.jobs import Deliver, Tick
from minian_web.model.footprints import Footprints, outlines, unit_at, units_in
from minian_web.model.keys import Key
from minian_web.model.order import nearest_neighbour_walk
from minian_web.model.walk import Walk
from minian_web.state.loading import Loading
from minian_web.state.traces import TraceReader

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.curation import Curation
    from minian_web.store.datasets import Dataset
    from minian_web.store.saver import Saver

USABLE = ("paired", "confirmed")
PREFERRED = ("Y_fm_chk", "varr_ref", "varr")


@dataclass(frozen=True)
class Opened:
    """What the page works on: a dataset, its decisions, and one session in it."""

    dataset: Dataset
    saver: Saver
    key: Key
    projection: np.ndarray | None

    @property
    def curation(self) -> Curation:
        """Decisions about the dataset."""
        return self.saver.curation


class ReviewData(Loading):
    """A dataset as one browser session looks at it."""

    dataset = param.String(doc="Input: id of the dataset")
    key = param.Parameter((), doc="Input: session inside a merged dataset")
    frame = param.Integer(None, allow_None=True, doc="Input: frame coordinate, as in the page's address")
    position = param.Integer(0, bounds=(0, None), doc="Input: position of the frame shown")
    unit = param.Integer(None, allow_None=True, doc="Input: the current unit, as in the page's address")
    nearby = param.Boolean(True, doc="Input: groups of neighbours; off: groups by ascending id")
    served = param.Boolean(True, doc="Input: by a server with its addresses; off: in a notebook")
    movie = param.String(doc="Input: name of the movie shown beside the activity; empty for none")

    opened = param.Parameter(None, doc="Output: the `Opened` dataset")
    footprints = param.ClassSelector(class_=Footprints, allow_None=True, doc="Output: the index of footprints")
    outlines = param.Parameter(None, doc="Output: unit -> x, y of its outline in pixel positions, NaN between contours")
    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of the index is done")
    doing = param.String("Reading footprints", doc="Output: what the progress is of")
    movies = param.List([], doc="Output: pairings of movies with the dataset")
    limits = param.Parameter(None, doc="Output: low and high colour limit of the movie, None for its whole range")
    walk = param.ClassSelector(class_=Walk, default=Walk(), doc="Output: groups, current and marked units")
    traces = param.Parameter((), doc="Output: `UnitTraces` of the units shown")
    notices = param.List([], doc="Output: what the reviewer must know before working")
    message = param.String(doc="Output: why the last action was refused")
    error = param.String(doc="Output: why the dataset cannot be shown")

    def __init__(self, runtime: Runtime, deliver: Deliver | None = None, **inputs: Any) -> None:
        self._reader: TraceReader | None = None
        super().__init__(runtime, deliver, **inputs)
        self.param.watch(lambda *_: self.open(), ["dataset", "key"])
        self.param.watch(lambda *_: self._find_limits(), "movie")

    # --- opening ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open the dataset; what is known is shown at once, the index of footprints follows."""
        self.close()
        if self.dataset:
            self._run(self._open, self._show, short=True, name="open dataset")

    @property
    def begun(self) -> bool:
        """Whether there is what a page begins with, or no hope that it comes at once: footprints are being indexed."""
        return bool(self.error or self.progress or self.traces)

    def close(self) -> None:
        """Stop what runs for this page."""
        self._stop()
        self._loading = None
        if self._reader is not None:
            self._reader.close()
        self._reader = None
        self.param.update(opened=None, footprints=None, outlines=None, progress=None, loading=False)
        self.param.update(walk=Walk(), traces=(), movies=[])
        self.param.update(error="", message="", notices=[])

    def _mention(self, error: Exception) -> None:
        """Tell of what failed beside the review, which goes on."""
        self.message = str(error) or type(error).__name__

    def _open(self, _tick: Tick) -> Opened:
        dataset = self._runtime.dataset(self.dataset)
        if self.key and self.key not in dataset.keys:
            sessions = ", ".join(map(str, dataset.keys))
            raise BadRequest(f"{self.dataset} holds no session {self.key}; it holds {sessions}")
        key = self.key or dataset.keys[0]
        return Opened(dataset, self._runtime.saver(self.dataset), key, dataset.max_projection(key))

    def _show(self, opened: Opened) -> None:
        dataset, key = opened.dataset, opened.key
        self._reader = TraceReader(dataset, key, self._runtime.jobs, self._deliver)
        self.param.update(position=self._position_of(self.frame, dataset.frames), progress=0.0)
        self.opened = opened
        self._run(
            lambda tick: dataset.footprints(key, tick),
            self._indexed,
            progress=lambda fraction, *_: self._set(progress=fraction),
            name="index footprints",
        )
        find = lambda _tick: self._runtime.movies(self.dataset)  # noqa: E731
        self._run(find, self._pair, failed=self._mention, name="pair movies")

    def _position_of(self, frame: int | None, frames: np.ndarray) -> int:
        """Position of a frame coordinate; the nearest one, with a message, where there is none."""
        if frame is None or not frames.size:
            return 0
        nearest = int(np.abs(frames - frame).argmin())
        if frames[nearest] != frame:
            self.message = f"There is no frame {frame}; frames go from {frames[0]} to {frames[-1]}."
        return nearest

    def show_frame(self, position: int) -> None:
        """Take the position that the player shows."""
        if self.opened is not None and position < self.opened.dataset.frames.size:
            self.param.update(position=position, frame=int(self.opened.dataset.frames[position]))

    def _find_limits(self) -> None:
        name, dataset = self.movie, self.dataset
        self.limits = None
        if name:
            self._run(
                lambda _tick: self._runtime.frames.limits_of(self._runtime.movie(dataset, name)),
                lambda limits: self._set(limits=limits if name == self.movie else self.limits),
                failed=self._mention,
                short=True,
                name="limits of movie",
            )

    def _pair(self, movies: list[Any]) -> None:
        names = [pairing.movie.name for pairing in movies if self._shows(pairing)]
        movie = self.movie if self.movie in names else next(iter(sorted(names, key=_preference)), "")
        self.param.update(movies=movies, movie=movie)

    def _shows(self, pairing: Any) -> bool:
        """Whether a movie is one of the session that is shown."""
        return pairing.status in USABLE and pairing.key in ((), self.opened.key)

    def _indexed(self, footprints: Footprints) -> None:
        order = np.sort(footprints.unit_ids)
        if self.nearby:
            order = footprints.unit_ids[np.argsort(nearest_neighbour_walk(footprints.centroids))]
        walk = Walk.through([int(unit) for unit in order])
        self.param.update(footprints=footprints, progress=None)
        self._stand(walk if self.unit is None else walk.to_unit(self.unit) if self.unit in walk.order else walk)
        self._run(
            lambda _tick: {int(unit): outlines(footprints, [int(unit)]) for unit in footprints.unit_ids},
            lambda found: self._set(outlines=found),
            name="outline footprints",
        )
        self._bind(footprints)

    def _bind(self, footprints: Footprints) -> None:
        curation, key = self.opened.curation, self.opened.key
        if curation.writable:
            self._run(
                lambda _tick: curation.bind_footprints(footprints.digest, key),
                lambda _: None,
                failed=self._mention,
                name="bind footprints",
            )

    # --- walking ---------------------------------------------------------------------------------------------------

    def _stand(self, walk: Walk) -> None:
        if self.unit is not None and self.unit not in walk.order:
            self.message = f"There is no unit {self.unit} in this session."
        before, self.walk = self.walk, walk
        self.unit = walk.current
        if self._reader is not None and (walk.shown != before.shown or not self.traces):
            self._reader.ask(walk.shown, walk.upcoming, lambda found: self._set(traces=found), self._fail)

    def go(self, step: str, *arguments: Any) -> None:
        """Take one step of the walk by name, as `next_unit` or `to_group`; refusals become the message."""
        self.message = ""
        try:
            self._stand(getattr(self.walk, step)(*arguments))
        except BadRequest as error:
            self.message = str(error)

    def show_neighbours(self, count: int = 3) -> None:
        """Show the nearest other units beside the group; a second time they go."""
        footprints, walk = self.footprints, self.walk
        if footprints is None or walk.current is None:
            return
        if walk.extras:
            self._stand(walk.without_extras())
            return
        away = np.hypot(*(footprints.centroids - footprints.centroids[footprints.position(walk.current)]).T)
        near = footprints.unit_ids[np.argsort(np.where(np.isnan(away), np.inf, away), kind="stable")]
        others = [int(unit) for unit in near.tolist() if unit not in walk.shown][:count]
        self._stand(walk.with_extras(others))

    def pick(self, height: float, width: float, add: bool = False) -> None:
        """Go to the unit at this place of the field of view, or mark it when `add`."""
        if self.footprints is None:
            return
        unit = unit_at(self.footprints, *self._pixel(height, width))
        if unit is not None:
            self.go("toggle" if add else "to_unit", int(unit))

    def pick_box(self, heights: tuple[float, float], widths: tuple[float, float]) -> None:
        """Walk through the units inside a box; a box without units changes nothing."""
        if self.footprints is None:
            return
        corners = (self._pixel(heights[at], widths[at]) for at in (0, 1))
        rows, columns = (sorted(pair) for pair in zip(*corners, strict=True))
        units = units_in(self.footprints, rows[0], rows[1], columns[0], columns[1])
        if units.size:
            self.go("inside", [int(unit) for unit in units])
        else:
            self.message = "There are no units in this box."

    def _pixel(self, height: float, width: float) -> tuple[float, float]:
        dataset = self.opened.dataset
        row = np.interp(height, dataset.heights, np.arange(dataset.heights.size))
        column = np.interp(width, dataset.widths, np.arange(dataset.widths.size))
        return float(row), float(column)


def _preference(name: str) -> tuple[int, str]:
    """Cells are seen best in the movie that the footprints were made from."""
    return next((at for at, ending in enumerate(PREFERRED) if name.endswith(ending)), len(PREFERRED)), name
