"""Cross-registration as minian's notebook leaves it in a folder: shiftds.nc, mappings.pkl, cents.pkl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minian_web.errors import BadRequest, DataError
from minian_web.model.registration.alignment import Shift
from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.result import Meta
from minian_web.store.cache import Cache
from minian_web.store.netcdf import variables_of
from minian_web.store.pickles import Table, read_tables
from minian_web.store.variables import Variable

MAPPINGS, CENTS, SHIFTS = "mappings.pkl", "cents.pkl", "shiftds.nc"
_LEVELS = ("session", "meta", "group", "variable")


def read_minian(folder: Path, cache: Cache | None = None) -> dict[Meta, tuple[Matches, dict[str, Shift]]]:
    """Matches and shifts of a folder, by metadata (one entry an animal, when the mappings have a `meta` level).

    Parameters
    ----------
    folder
        Holds `mappings.pkl` and `shiftds.nc`; `cents.pkl` is not needed, since centroids are computed anew.
    cache
        Where what was read of the pickle is kept.

    Raises
    ------
    DataError
        If a file is missing, damaged, or holds something else.
    """
    for name in (MAPPINGS, SHIFTS):
        if not (folder / name).is_file():
            raise DataError(folder, f"the file {name} beside the others of minian's cross-registration", "none")
    table = read_tables([folder / MAPPINGS], cache)[0]
    shifts = read_shifts(folder / SHIFTS)
    return {
        meta: (matches, _of(shifts, meta, folder)) for meta, matches in matches_of(table, folder / MAPPINGS).items()
    }


def matches_of(table: Table, path: Path | str) -> dict[Meta, Matches]:
    """Matches out of the table of mappings, whose columns come in any order and may have a `meta` level.

    Raises
    ------
    DataError
        If it has no column of a session, a value is no unit id, or a unit is in two matches.
    """
    odd = [name for name in table.columns if len(name) != 2 or name[0] not in _LEVELS]
    columns = {name[1]: at for at, name in enumerate(table.columns) if len(name) == 2 and name[0] == "session"}
    if odd or not columns:
        shown = ", ".join("/".join(name) for name in (odd or table.columns)[:5])
        raise DataError(path, "columns session/NAME (and meta, group)", f"columns {shown}")
    metas = {name[1]: at for at, name in enumerate(table.columns) if name[0] == "meta"}
    keys = [tuple((dim, str(table.values[at][row])) for dim, at in metas.items()) for row in range(len(table))]
    units = np.array([[_unit(table.values[at][row], path) for at in columns.values()] for row in range(len(table))])
    units = units.reshape(len(table), len(columns)).astype(np.int64)
    return {meta: _matches(list(columns), units, keys, meta, path) for meta in dict.fromkeys(keys or [()])}


def _matches(sessions: list[str], units: np.ndarray, keys: Sequence[Meta], meta: Meta, path: Path | str) -> Matches:
    rows = units[[key == meta for key in keys]] if keys else units
    filled = (rows != NONE).any(axis=0) if len(rows) else np.ones(len(sessions), bool)  # sessions of other animals
    names = [session for session, has in zip(sessions, filled, strict=True) if has]
    try:
        return Matches.numbered(names, rows[:, filled])
    except BadRequest as error:
        raise DataError(path, "every unit in one match", str(error)) from error


def _unit(value: Any, path: Path | str) -> int:
    if value is None:
        return NONE
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or value < 0:
        raise DataError(path, "unit ids that are whole numbers, or nothing", repr(value))
    return int(value)


def read_shifts(path: Path) -> dict[Meta, dict[str, Shift]]:
    """Shifts by metadata and session; the sessions of the file come in any order.

    Raises
    ------
    DataError
        If the file has no variable `shifts` on session and shift_dim (height, width).
    """
    stored = variables_of(path).get("shifts")
    if stored is None or not {"session", "shift_dim"} <= set(stored.dims):
        raise DataError(path, "a variable shifts (session, shift_dim)", "none" if stored is None else str(stored.dims))
    others = [dim for dim in stored.dims if dim not in ("session", "shift_dim")]
    axes = [str(name) for name in stored.coordinate("shift_dim")]
    if sorted(axes) != ["height", "width"]:
        raise DataError(path, "shift_dim height and width", ", ".join(axes))
    sessions = [str(name) for name in stored.coordinate("session")]
    values = stored.select({}, (*others, "session", "shift_dim")).astype(np.float64)
    values = values[..., [axes.index("height"), axes.index("width")]]
    return {
        meta: {session: _shift(values[(*place, at)]) for at, session in enumerate(sessions)}
        for place, meta in _places(stored, others)
    }


def _shift(pair: np.ndarray) -> Shift:
    return float(pair[0]), float(pair[1])


def _places(stored: Variable, dims: Sequence[str]) -> list[tuple[tuple[int, ...], Meta]]:
    labels = [[str(value) for value in stored.coordinate(dim)] for dim in dims]
    return [
        (place, tuple((dim, labels[axis][at]) for axis, (dim, at) in enumerate(zip(dims, place, strict=True))))
        for place in np.ndindex(*(len(names) for names in labels))
    ]


def _of(shifts: Mapping[Meta, dict[str, Shift]], meta: Meta, folder: Path) -> dict[str, Shift]:
    """Shifts of the sessions that share this metadata; a file without such dimensions speaks of all."""
    fitting = [found for key, found in shifts.items() if set(key) <= set(meta)] or (
        list(shifts.values()) if len(shifts) == 1 else []
    )
    if not fitting:
        raise DataError(folder / SHIFTS, f"shifts for {dict(meta)}", f"shifts for {[dict(key) for key in shifts]}")
    return fitting[0]
