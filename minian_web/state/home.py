"""State of the home page: which datasets there are, which are shown, and a look at one of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import param

from minian_web.errors import MinianWebError
from minian_web.jobs import Deliver, Job, Tick
from minian_web.model.picture import as_picture
from minian_web.state.picker import holds, words_of
from minian_web.state.rows import COLUMNS, reviewed, row_of
from minian_web.store.around import what_is_in

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.catalog import Details, Entry
    from minian_web.store.pairing import Pairing

SECONDS_BETWEEN_BATCHES = 0.25
MOST_PROBLEMS = 3


@dataclass(frozen=True)
class Preview:
    """A look at one dataset.

    Attributes
    ----------
    image
        `(height, width)` uint8 maximum projection, row 0 at the top; None when there is none (yet).
    labels
        Where decisions are stored, or why nothing can be written.
    movies
        Movies that may belong to it; None while they are looked for.
    """

    entry: Entry
    details: Details | None = None
    image: np.ndarray | None = None
    labels: str = ""
    writable: bool = False
    notices: tuple[str, ...] = ()
    movies: tuple[Pairing, ...] | None = None
    problem: str = ""


class HomeState(param.Parameterized):
    """The table of datasets and the chosen one."""

    query = param.String(doc="Input: words that the shown datasets have")
    chosen = param.String(doc="Input: id of the chosen dataset")

    table = param.DataFrame(pd.DataFrame(columns=list(COLUMNS)), doc="Output: one row a shown dataset, index is the id")
    filled = param.Dict({}, doc="Output: id -> row, for rows whose details have just become known")
    counts = param.String(doc="Output: how many datasets there are and are shown")
    progress = param.Number(None, allow_None=True, doc="Output: how much of the details is filled in, 0..1")
    doing = param.String("Reading details", doc="Output: what the progress is of")
    preview = param.ClassSelector(class_=Preview, doc="Output: the chosen dataset")
    empty = param.List([], doc="Output: why there is no dataset; title first, then lines")
    notices = param.List([], doc="Output: folders that could not be looked into")
    error = param.String(doc="Output: what went wrong")

    def __init__(self, runtime: Runtime, deliver: Deliver, **inputs: Any) -> None:
        super().__init__(**inputs)
        self._runtime, self._deliver = runtime, deliver
        self._entries: dict[str, Entry] = {}
        self._details: dict[str, Details] = {}
        self._listing: Job | None = None
        self._looking: Job | None = None

    # --- the table -------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """List the datasets: names first, details as they become known."""
        self._listing = self._runtime.jobs.run(
            self._list, done=self._end, failed=self._fail, progress=self._take, deliver=self._deliver, name="catalog"
        )

    def close(self) -> None:
        """Stop what runs for this page."""
        for job in (self._listing, self._looking):
            if job is not None:
                job.cancel()

    def _list(self, tick: Tick) -> list[str]:
        catalog = self._runtime.catalog
        entries = catalog.entries(refresh=True)
        tick(0.0, entries, {})
        batch: dict[str, Details] = {}
        last = time.monotonic()
        for number, entry in enumerate(entries, 1):
            batch[entry.id] = catalog.details(entry)
            if time.monotonic() - last > SECONDS_BETWEEN_BATCHES:
                tick(number / len(entries), None, batch)
                batch, last = {}, time.monotonic()
        tick(1.0, None, batch)
        return [] if entries else self._why_empty()

    def _take(self, fraction: float, entries: tuple[Entry, ...] | None, batch: dict[str, Details]) -> None:
        self._details.update(batch)
        if entries is not None:
            self._entries = {entry.id: entry for entry in entries}
            self.notices = few(self._runtime.catalog.problems)
            self._filter()
            self._look()
        self.filled = {name: row_of(name, batch[name]) for name in batch if name in self._entries}
        if self.preview is not None and self.preview.entry.id in batch:
            self.preview = replace(self.preview, details=batch[self.preview.entry.id])
        self.progress = fraction if fraction < 1 else None

    def _end(self, empty: list[str]) -> None:
        self.empty, self.progress = empty, None

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, (MinianWebError, OSError)):
            raise error
        self.param.update(error=str(error), progress=None)

    @param.depends("query", watch=True)
    def _filter(self) -> None:
        words = words_of(self.query)
        shown = [entry for entry in self._entries.values() if holds(self._searched(entry), words)]
        rows = [row_of(entry.id, self._details.get(entry.id)) for entry in shown]
        self.table = pd.DataFrame(rows, columns=list(COLUMNS), index=[entry.id for entry in shown])
        total = len(self._entries)
        self.counts = f"{len(shown)} of {total} datasets" if words else f"{total} dataset{'' if total == 1 else 's'}"

    def _searched(self, entry: Entry) -> str:
        details = self._details.get(entry.id)
        more = (details.animal, details.session, reviewed(details)) if details else ()
        return " ".join((entry.id, *(text or "" for text in more)))

    def _why_empty(self) -> list[str]:
        settings = self._runtime.settings
        if not settings.roots:
            return [
                "No folder is served",
                "Start the server with the folders that hold your datasets: minian-web serve FOLDER [FOLDER ...]",
                "To try it without data of your own: minian-web demo demo-data, then minian-web serve demo-data",
            ]
        return [
            "No dataset was found",
            "A dataset is a folder (or netCDF file) written by minian's save_minian, holding one zarr group per "
            f"variable, whose name matches the pattern {settings.pattern} (change it with --pattern).",
            *[f"{root} {what_is_in(root)}" for root in settings.roots],
        ]

    # --- the chosen dataset ----------------------------------------------------------------------------------------

    @param.depends("chosen", watch=True)
    def _look(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        if not self.chosen or not self._entries:
            self.preview = None
            return
        self.error = ""
        self._looking = self._runtime.jobs.run(
            lambda tick: self._open(self.chosen, tick),
            done=self._show,
            failed=self._fail,
            progress=lambda _fraction, preview: self._show(preview),
            deliver=self._deliver,
            short=True,
            name="preview",
        )

    def _show(self, preview: Preview) -> None:
        known = self._details.get(preview.entry.id)
        self.preview = replace(preview, details=known) if known is not None else preview

    def _open(self, chosen: str, tick: Tick) -> Preview:
        runtime = self._runtime
        preview = Preview(runtime.catalog.entry(chosen))
        tick(0.1, preview)
        if preview.entry.kind != "dataset":
            return replace(preview, movies=tuple(runtime.movies(chosen)))
        try:
            dataset = runtime.dataset(chosen)
            picture = as_picture(dataset.max_projection(dataset.keys[0]))
            curation = runtime.curation(chosen)
        except (MinianWebError, OSError) as error:
            return replace(preview, problem=str(error), movies=())
        labels = str(curation.where) if curation.writable else curation.read_only_reason
        preview = replace(
            preview, image=picture, labels=labels, writable=curation.writable, notices=tuple(curation.notices)
        )
        tick(0.5, preview)
        return replace(preview, movies=tuple(runtime.movies(chosen)))

    def step(self, by: int) -> None:
        """Choose the next or the previous shown dataset."""
        names = list(self.table.index)
        if names:
            at = names.index(self.chosen) + by if self.chosen in names else 0
            self.chosen = names[min(max(at, 0), len(names) - 1)]


def few(problems: Sequence[str]) -> list[str]:
    """Give the first problems, and how many more there are."""
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"{more} more such problems"] if more > 0 else [])]
