"""Write labels into the arrays, readable by minian after every single step.

minian opens every directory of a dataset as a zarr store, takes its first data variable and merges all of them. Hence:
labels are a coordinate before they can be seen (the group lists them first), and no two arrays ever show different
labels, for these would not merge: before the labels beside `A` change, those of all other arrays are hidden.
Each step is one file that is replaced or removed, durable before the next one is touched. The truth is in the log;
a write that was cut short is completed from there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minian_web.model.decisions import Decisions
from minian_web.model.keys import Key
from minian_web.store.found import Seen, read_labels
from minian_web.store.places import NAME, Labelled, Place, form_of, places_of
from minian_web.store.zarrs import array_meta, read

__all__ = ["Seen", "identity", "read_labels", "write_labels"]


def identity(dataset: Labelled) -> dict[Key, Decisions]:
    """Labels that say nothing: every unit its own cell."""
    return {key: Decisions.from_labels(dataset.unit_ids(key)) for key in dataset.keys}


def write_labels(dataset: Labelled, decisions: Mapping[Key, Decisions]) -> None:
    """Bring the labels of every array to these decisions; what is right already is not touched.

    Parameters
    ----------
    dataset
        Of the forms `groups` or `group`; in a netCDF file nothing is written.
    decisions
        One for every session of the dataset.

    Raises
    ------
    NotWritable
        If a step fails; the steps before it stand, and the next call goes on from there.
    DataError
        If metadata in the way are broken.
    """
    places = places_of(dataset)
    for place in places:
        form_of(place).list_coordinates(place.group, _names(place), place.stage)
    targets = [(place, place.arranged(decisions)) for place in places]
    behind = [(place, values) for place, values in targets if not _holds(place, values)]
    anchor = places[:1]
    for place, _ in behind:
        if place not in anchor:
            _hide(place)
    for place, values in behind:
        _bring(place, values)


def _names(place: Place) -> tuple[str, ...]:
    return (*place.coordinates, NAME)


def _holds(place: Place, values: np.ndarray) -> bool:
    meta = array_meta(place.array)
    if meta is None or not form_of(place).agrees(place.group) or not form_of(place).fits(meta, values, place.dims):
        return False
    return np.array_equal(read(meta), values, equal_nan=values.dtype.kind == "f")


def _hide(place: Place) -> None:
    form_of(place).hide(place.group, _names(place), place.stage)


def _bring(place: Place, values: np.ndarray) -> None:
    form, meta = form_of(place), array_meta(place.array)
    if meta is not None and form.agrees(place.group) and form.fits(meta, values, place.dims):
        form.replace(meta, values, place.stage)
        return
    if meta is not None or form.shown(place.group):
        _hide(place)
    form.show(place.group, values, place.dims, _names(place), place.stage)
