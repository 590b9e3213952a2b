"""Sessions brought to one field of view, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from minian_web.model.footprints import Footprints, outlines, unit_at
from minian_web.model.registration.alignment import Canvas, Shift, moved, moved_image, whole, window_of
from minian_web.model.registration.cells import centres_of
from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.matching import Centres
from minian_web.model.registration.overlap import LEVEL, correlation, crop, jaccard
from minian_web.model.registration.overlay import channel, coloured, eroded
from minian_web.model.registration.quality import correlations, warnings_of


@dataclass(frozen=True, eq=False)
class Part:
    """One session before alignment.

    Attributes
    ----------
    footprints
        Of its units or cells, in its own pixels.
    heights, widths
        Coordinates of its pixels.
    projection
        `(height, width)` float32, None where there is none.
    """

    footprints: Footprints
    heights: np.ndarray
    widths: np.ndarray
    projection: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.heights.size, self.widths.size


@dataclass(frozen=True)
class Display:
    """What of the cells is drawn, and how.

    Attributes
    ----------
    channels
        Sessions drawn in red, green and blue; empty for none.
    erode
        Window of the erosion in pixels, 0 for none.
    matched, unmatched
        Whether cells that are matched in all the distinct sessions chosen are drawn, and whether the others are.
    brightness
        Added to every colour (0..1).
    """

    channels: tuple[str, str, str] = ("", "", "")
    erode: int = 0
    matched: bool = True
    unmatched: bool = True
    brightness: float = 0.0

    @property
    def chosen(self) -> tuple[str, ...]:
        """The distinct sessions chosen."""
        return tuple(dict.fromkeys(session for session in self.channels if session))


@dataclass(frozen=True, eq=False)
class Scene:
    """Sessions on one canvas; never changed, eroded footprints are kept once made.

    Attributes
    ----------
    parts
        Sessions as they were.
    shifts
        By session.
    canvas
        Field of view that holds all of them.
    window
        What all of them see after the shift: row0, row1, column0, column1.
    footprints
        By session, moved by the whole-pixel shift, on the canvas.
    """

    parts: Mapping[str, Part]
    shifts: Mapping[str, Shift]
    canvas: Canvas
    window: tuple[int, int, int, int]
    footprints: Mapping[str, Footprints]
    _kept: dict[tuple[str, int], Footprints] = field(default_factory=dict, repr=False)
    _radii: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        return self.canvas.shape

    def offset(self, session: str) -> tuple[int, int]:
        """Where the first pixel of a session lies on the canvas before the shift."""
        return self.canvas.offset(self.parts[session].heights, self.parts[session].widths)

    def eroded(self, session: str, window: int) -> Footprints:
        """Footprints of a session, eroded."""
        if (session, window) not in self._kept:
            self._kept[session, window] = eroded(self.footprints[session], window)
        return self._kept[session, window]

    def outline(self, session: str, unit: int) -> tuple[np.ndarray, np.ndarray]:
        """Outline of a unit on the canvas: x and y, NaN between contours."""
        return outlines(self.footprints[session], [unit])

    def radii(self, session: str) -> np.ndarray:
        """`(n,)` radius in pixels of a circle as large as each cell, counted from 20 % of its maximum on."""
        if session not in self._radii:
            self._radii[session] = _radii(self.footprints[session])
        return self._radii[session]

    def visible(self, session: str, matches: Matches, display: Display) -> np.ndarray:
        """Units of a session that are drawn, `(n,)` int64 in stored order."""
        ids = self.footprints[session].unit_ids
        if display.matched and display.unmatched:
            return ids
        known = [one for one in display.chosen if one in matches.sessions]
        matched = matches.matched(known) if len(known) > 1 else np.zeros(len(matches), bool)
        column = matches.units[:, matches.column(session)] if session in matches.sessions else np.zeros(0, np.int64)
        together = np.isin(ids, column[matched]) if session in matches.sessions else np.zeros(ids.size, bool)
        shown: np.ndarray = ids[together if display.matched else ~together]
        return shown if display.matched or display.unmatched else ids[:0]

    def overlay(self, matches: Matches, display: Display) -> np.ndarray:
        """Red, green and blue: `(height, width, 3)` float32 in 0..1."""
        channels = [
            channel(self.eroded(session, display.erode), self.visible(session, matches, display))
            if session in self.footprints
            else None
            for session in display.channels
        ]
        return coloured(channels, self.shape, display.brightness)

    def unit_at(self, row: float, column: float, matches: Matches, display: Display) -> tuple[str, int] | None:
        """Session and unit meant by a click: of the drawn sessions the one whose centre is nearest."""
        found = []
        for session in display.chosen:
            footprints = self.footprints.get(session)
            unit = unit_at(footprints, row, column) if footprints is not None else None
            if footprints is None or unit is None or unit not in self.visible(session, matches, display):
                continue
            centre = footprints.centroids[footprints.position(unit)]
            found.append((float(np.hypot(*(centre - (row, column)))), session, unit))
        return min(found)[1:] if found else None

    def centres(self) -> dict[str, Centres]:
        """Centres of the cells of every session in the common window."""
        return {
            session: centres_of(part.footprints, self.offset(session), self.shifts[session], self.window, self.shape)
            for session, part in self.parts.items()
        }

    def projection(self, session: str, *, aligned: bool) -> np.ndarray:
        """Projection of a session on the canvas, before or after the shift; NaN where it sees nothing."""
        image, (row, column) = self.parts[session].projection, self.offset(session)
        if image is None:
            return np.full(self.shape, np.nan, np.float32)
        by = whole(self.shifts[session]) if aligned else (0, 0)
        return moved_image(image, (row + by[0], column + by[1]), self.shape)


def _radii(footprints: Footprints) -> np.ndarray:
    owner = np.repeat(np.arange(len(footprints.unit_ids)), footprints.areas)
    strong = footprints.values >= LEVEL * footprints.maxima[owner]
    radii: np.ndarray = np.sqrt(np.bincount(owner[strong], minlength=len(footprints.unit_ids)) / np.pi)
    return radii


def scene_of(parts: Mapping[str, Part], shifts: Mapping[str, Shift]) -> Scene:
    """Bring sessions to one field of view.

    Parameters
    ----------
    parts
        Sessions, possibly of different frame size; their coordinates say where they lie.
    shifts
        Of each of them.
    """
    canvas = Canvas.around([(part.heights, part.widths) for part in parts.values()])
    places, footprints = [], {}
    for session, part in parts.items():
        row, column = canvas.offset(part.heights, part.widths)
        by = whole(shifts[session])
        places.append((row + by[0], column + by[1]))
        footprints[session] = moved(part.footprints, places[-1], canvas.shape)
    window = window_of([part.shape for part in parts.values()], places)
    return Scene(parts, {session: shifts[session] for session in parts}, canvas, window, footprints)


@dataclass(frozen=True, eq=False)
class Quality:
    """How good the alignment is.

    Attributes
    ----------
    sessions
        In the order of the table.
    before, after
        `(sessions, sessions)` correlations of the projections without and with the shifts.
    warnings
        What to look at first.
    """

    sessions: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    warnings: tuple[str, ...]


def quality_of(scene: Scene) -> Quality:
    """Judge an alignment by the projections, the shifts, the common window and the numbers of cells."""
    sessions = tuple(scene.parts)
    before, after = (correlations([scene.projection(s, aligned=a) for s in sessions]) for a in (False, True))
    counts = {session: len(part.footprints.unit_ids) for session, part in scene.parts.items()}
    warnings = warnings_of(after, scene.shifts, counts, scene.window, scene.shape)
    return Quality(sessions, before, after, tuple(warnings))


@dataclass(frozen=True)
class PairEvidence:
    """Two cells of a match: sessions, distance of the centres in pixels, likeness of the footprints."""

    first: str
    second: str
    distance: float
    jaccard: float
    correlation: float


@dataclass(frozen=True, eq=False)
class Crop:
    """What a session has at the place of a match.

    Attributes
    ----------
    session, unit
        `unit` is `NONE` where the cell was not found.
    cell
        `(size, size)` float32 footprint of the cell in 0..1.
    around
        The same place with all cells of the session.
    """

    session: str
    unit: int
    cell: np.ndarray
    around: np.ndarray


def crops_of(scene: Scene, units: Mapping[str, int], half: int = 20) -> list[Crop]:
    """Cut the place of a match out of every session."""
    found = [
        scene.footprints[session].centroids[scene.footprints[session].position(unit)]
        for session, unit in units.items()
        if unit != NONE and session in scene.footprints and unit in scene.footprints[session].unit_ids
    ]
    centres = np.array([centre for centre in found if np.isfinite(centre).all()]).reshape(-1, 2)
    if not len(centres):
        return []
    centre = (float(centres[:, 0].mean()), float(centres[:, 1].mean()))
    return [_crop(scene, session, units.get(session, NONE), centre, half) for session in scene.footprints]


def _crop(scene: Scene, session: str, unit: int, centre: tuple[float, float], half: int) -> Crop:
    footprints = scene.footprints[session]
    near = np.abs(footprints.centroids - centre).max(axis=1) < 3 * half
    size = 2 * half + 1
    around = np.zeros((size, size), np.float32)
    for one in footprints.unit_ids[near]:
        around = np.maximum(around, crop(footprints, int(one), centre, half))
    here = unit != NONE and unit in footprints.unit_ids
    cell = crop(footprints, unit, centre, half) if here else np.zeros((size, size), np.float32)
    return Crop(session, unit if here else NONE, cell, around)


def evidence_of(scene: Scene, centres: Mapping[str, Centres], units: Mapping[str, int]) -> list[PairEvidence]:
    """Distances and likeness of each two cells of a match."""
    here = [
        (session, unit)
        for session, unit in units.items()
        if unit != NONE and session in scene.footprints and unit in scene.footprints[session].unit_ids
    ]
    return [_pair(scene, centres, one, other) for one, other in combinations(here, 2)]


def _pair(scene: Scene, centres: Mapping[str, Centres], one: tuple[str, int], other: tuple[str, int]) -> PairEvidence:
    places = [centres[s].places[np.flatnonzero(centres[s].unit_ids == u)[0]] for s, u in (one, other)]
    (first, unit), (second, partner) = one, other
    left, right = scene.footprints[first], scene.footprints[second]
    return PairEvidence(
        first,
        second,
        float(np.hypot(*(places[0] - places[1]))),
        jaccard(left, unit, right, partner),
        correlation(left, unit, right, partner),
    )


def first_channels(sessions: Sequence[str]) -> tuple[str, str, str]:
    """Three different sessions to begin with; with two of them nothing is blue."""
    given = [*sessions[:3], "", "", ""]
    return given[0], given[1], given[2]
