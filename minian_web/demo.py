"""Demo data: two sessions of one animal and one of another, as minian leaves them; the first with its movie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from minian_web.errors import NotWritable
from minian_web.model.simulate import Plan, Recording, Session, animal, record
from minian_web.store.layout import write_dataset

__all__ = ["Demo", "identity_labels", "save_recording", "write_demo"]


@dataclass(frozen=True)
class Demo:
    """One recording of the demo: who, when, and whether the movie is kept."""

    session: Session
    seed: int
    movie: bool = False


DEMOS = (
    Demo(Session("mouse1", "session1"), seed=0, movie=True),
    Demo(Session("mouse1", "session2", shift=(4.3, -6.8), active=0.8, frames=600), seed=0),
    Demo(Session("mouse2", "session1", frames=600), seed=1),
)


def write_demo(
    folder: Path,
    plan: Plan | None = None,
    demos: tuple[Demo, ...] = DEMOS,
    tell: Callable[[str], None] = lambda text: None,
) -> tuple[Path, ...]:
    """Write demo datasets, `folder/<animal>/<session>/minian` and `minian_intermediate` beside it.

    Parameters
    ----------
    folder
        New or empty.
    plan
        Size and character; by default 256 x 256 pixels, 1000 frames, 60 cells.
    demos
        Which recordings.
    tell
        Called with a line of progress for each recording.

    Returns
    -------
    tuple of Path
        The datasets.

    Raises
    ------
    NotWritable
        If the folder holds something already.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotWritable(f"{folder}: expected a new or an empty folder for the demo data, found something in it")
    written = []
    for number, demo in enumerate(demos):
        tell(f"{demo.session.animal} {demo.session.session}: simulating and writing")
        own = replace(plan or Plan(), seed=(plan or Plan()).seed + demo.seed)
        recording = record(own, demo.session, animal(own), number)
        target = folder / demo.session.animal / demo.session.session
        written.append(save_recording(target, recording, movie=demo.movie))
    return tuple(written)


def save_recording(target: Path, recording: Recording, *, movie: bool) -> Path:
    """Write `target/minian`, and `target/minian_intermediate` when the movie is wanted; give the dataset's path."""
    results = {name: identity_labels(array) for name, array in recording.results.items()}
    dataset = write_dataset(target / "minian", results)
    if movie:
        write_dataset(target / "minian_intermediate", recording.movies)
    return dataset


def identity_labels(array: xr.DataArray) -> xr.DataArray:
    """The array with `unit_labels` equal to `unit_id`, as minian's notebook leaves it; unchanged without units."""
    if "unit_id" not in array.dims:
        return array
    return array.assign_coords(unit_labels=("unit_id", np.asarray(array["unit_id"].values)))
