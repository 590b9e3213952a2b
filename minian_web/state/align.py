"""A registration given as objects of a notebook: `minian_ds`, `mappings`, `shiftds`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest, DataError
from minian_web.jobs import Job, Tick
from minian_web.model.footprints import Footprints, from_sparse, sparse, summed
from minian_web.model.registration.alignment import Shift
from minian_web.model.registration.cells import merged_cells, names_of
from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.result import Fingerprint, Member, Meta, Registration
from minian_web.state.registration import RegistrationState
from minian_web.store.pickles import Table
from minian_web.store.registration_minian import matches_of
from minian_web.store.registration_sessions import SessionCells, labels_digest

if TYPE_CHECKING:
    import pandas as pd

A_DIMS = ("unit_id", "height", "width")
BATCH = 32  # units of the dense A in memory at a time


class AlignState(RegistrationState):
    """The page's state without server and files; what takes long is done at once, as a notebook expects.

    Parameters
    ----------
    minian_ds
        With A on session, unit_id, height, width and possibly metadata dimensions.
    cents
        Centroids; only their form is checked, since the footprints tell the same.
    mappings, shiftds
        As minian's cross-registration notebook makes them.

    Raises
    ------
    DataError
        If one of them does not hold what it should.
    """

    def __init__(
        self, minian_ds: xr.Dataset, cents: pd.DataFrame, mappings: pd.DataFrame, shiftds: xr.Dataset, **inputs: Any
    ) -> None:
        self._footprints = _footprints_of(minian_ds)
        _check_cents(cents)
        self._shifts = _shifts_of(shiftds)
        self._mappings = matches_of(_table_of(mappings), "mappings")
        super().__init__(None, **inputs)  # type: ignore[arg-type]
        self.metas = list(self._mappings)
        self.found = True
        if self.meta in self.metas:
            self._show_meta()
        else:
            self.meta = self.metas[0]

    def _run(self, work: Callable[[Tick], Any], done: Callable[[Any], None], **how: Any) -> Job:
        done(work(lambda _fraction, *_partial: None))
        return Job(str(how.get("name", "")))

    def _show_meta(self) -> None:
        matches = self._mappings[self.meta]
        shifts = self._shifts_for(matches)
        animal = dict(self.meta).get("animal", "")
        members = tuple(Member(session, "notebook", (), animal) for session in matches.sessions)
        self.cells = {member.name: self._cells(member) for member in members}
        self.current = Registration(members, shifts, matches, self.meta)
        self._place()

    def _shifts_for(self, matches: Matches) -> dict[str, Shift]:
        found = {session: self._shifts.get((self.meta, session)) for session in matches.sessions}
        plain = {session: found[session] or self._shifts.get(((), session)) for session in matches.sessions}
        missing = [session for session, shift in plain.items() if shift is None]
        if missing:
            raise DataError("shiftds", "a shift for every session of the mappings", f"none for {', '.join(missing)}")
        return {session: shift for session, shift in plain.items() if shift is not None}

    def _cells(self, member: Member) -> SessionCells:
        array = _session_of(self._footprints, member.name, dict(self.meta))
        units = _sparse_of(array)
        names = names_of(units.unit_ids, _labels_of(array, units.unit_ids))
        return SessionCells(
            member,
            units,
            merged_cells(units, names),
            names,
            array["height"].values,
            array["width"].values,
            summed(units),
            Fingerprint(units.digest, labels_digest(names)),
            has_projection=False,
        )

    def _traces_of(self, units: dict[str, int]) -> dict[str, np.ndarray | None]:
        return {session: None for session, unit in units.items() if unit != NONE}

    def _speaks_of_dataset(self, registration: Registration) -> bool:
        return True

    def why_not_edit(self) -> str:
        """Why matches cannot be changed."""
        return "Matches are changed on the page, which saves them."


def _footprints_of(minian_ds: xr.Dataset) -> xr.DataArray:
    if "A" not in minian_ds:
        raise DataError("minian_ds", "a variable A", f"variables {', '.join(map(str, minian_ds)) or 'none'}")
    array = minian_ds["A"]
    if not set(A_DIMS) <= set(array.dims):
        raise DataError("minian_ds['A']", f"dimensions {', '.join(A_DIMS)}", f"{array.dims}")
    return array


def _check_cents(cents: pd.DataFrame) -> None:
    missing = [name for name in ("session", "unit_id", "height", "width") if name not in cents.columns]
    if missing:
        raise DataError("cents", "columns session, unit_id, height, width", f"no {', '.join(missing)}")


def _shifts_of(shiftds: xr.Dataset) -> dict[tuple[Meta, str], Shift]:
    if "shifts" not in shiftds:
        raise DataError("shiftds", "a variable shifts", f"variables {', '.join(map(str, shiftds)) or 'none'}")
    array = shiftds["shifts"]
    if not {"session", "shift_dim"} <= set(array.dims):
        raise DataError("shiftds['shifts']", "dimensions session and shift_dim", f"{array.dims}")
    others = [str(dim) for dim in array.dims if dim not in ("session", "shift_dim")]
    found = {}
    for one in _single(array, [*others, "session"]):
        meta = tuple((dim, str(one[dim].item())) for dim in others)
        height, width = (float(one.sel(shift_dim=axis)) for axis in ("height", "width"))
        found[meta, str(one["session"].item())] = (height, width)
    return found


def _single(array: xr.DataArray, dims: Sequence[str]) -> Iterator[xr.DataArray]:
    if not dims:
        yield array
        return
    for at in range(array.sizes[dims[0]]):
        yield from _single(array.isel({dims[0]: at}), dims[1:])


def _table_of(mappings: pd.DataFrame) -> Table:
    columns = tuple(_levels(name) for name in mappings.columns.tolist())
    values = tuple([_plain(value) for value in mappings.iloc[:, at].tolist()] for at in range(len(columns)))
    return Table(columns, values)


def _levels(name: Any) -> tuple[str, ...]:
    return tuple(str(part) for part in (name if isinstance(name, tuple) else (name,)))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def _session_of(array: xr.DataArray, session: str, meta: dict[str, str]) -> xr.DataArray:
    """A of one session; dimensions of metadata are chosen by value, `session` too."""
    wanted = {**meta, "session": session}
    for dim in [one for one in array.dims if one not in A_DIMS]:
        labels = [str(value) for value in array[dim].values]
        if wanted.get(str(dim)) not in labels:
            raise BadRequest(f"minian_ds['A'] has no {dim} {wanted.get(str(dim))!r}, only {', '.join(labels)}")
        array = array.isel({dim: labels.index(wanted[str(dim)])})
    return array.transpose(*A_DIMS)


def _sparse_of(array: xr.DataArray) -> Footprints:
    """Footprints of the units that this session has, read some units at a time."""
    ids = array["unit_id"].values
    parts, here = [], []
    for start in range(0, len(ids), BATCH):
        for offset, image in enumerate(array.isel(unit_id=slice(start, start + BATCH)).values):
            if not np.isnan(image).all():
                parts.append(sparse(image))
                here.append(int(ids[start + offset]))
    return from_sparse(here, parts, (array.sizes["height"], array.sizes["width"]))


def _labels_of(array: xr.DataArray, units: np.ndarray) -> np.ndarray | None:
    if "unit_labels" not in array.coords or array["unit_labels"].dims != ("unit_id",):
        return None
    labels: np.ndarray = array["unit_labels"].sel(unit_id=units).values
    return labels
