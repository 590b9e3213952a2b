"""What the steps of the pipeline start from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from minian_web.errors import BadRequest, DataError
from minian_web.settings import PATTERN
from minian_web.store.catalog import Catalog
from minian_web.store.layout import write_dataset
from minian_web.store.pipeline_source import Source, as_xarray
from tests import stores


def source_of(root: Path, name: str = "") -> Source:
    catalog = Catalog((root,), PATTERN)
    (entry,) = [one for one in catalog.entries() if name in one.id]
    return Source(catalog.open(entry.id), catalog.movies(entry.id), catalog.around(entry))


def test_movies_are_found_by_name_or_preference(tmp_path: Path) -> None:
    stores.v2(tmp_path / "s1", with_movies=True)
    source = source_of(tmp_path)
    assert source.movie("", ("Y_fm_chk", "varr")).variable == "Y_fm_chk"
    assert source.movie("", ("nothing", "varr")).variable == "varr"
    assert source.movie(source.movie_names[0]).name == source.movie_names[0]
    with pytest.raises(BadRequest, match="no movie elsewhere"):
        source.movie("elsewhere")


def test_blocks_are_the_whole_movie_and_tell_progress(tmp_path: Path) -> None:
    stores.many_chunks(tmp_path / "s1")
    source, told = source_of(tmp_path), []
    movie = source.movie("", ("varr",))
    parts = list(source.blocks(movie, told.append))
    assert np.array_equal(np.concatenate([block for _, block in parts]), movie.read(slice(None)))
    assert [frames.start for frames, _ in parts] == [round(part * movie.n_frames) for part in told]


def test_units_come_in_the_order_asked_from_any_order_stored(tmp_path: Path) -> None:
    stores.reordered_traces(tmp_path / "s1")
    source = source_of(tmp_path)
    units = source.dataset.stored_units[[4, 0]].tolist()
    traces = source.of_units(source.needed("C"), units, ("frame",))
    assert np.allclose(traces, source.dataset.traces("C", units))
    assert source.has_units(source.variable("C"), units)
    assert not source.has_units(source.variable("C"), [10**6])
    assert source.of_units(source.needed("C"), [], ("frame",)).shape == (0, 60)
    with pytest.raises(DataError, match="sn_spatial"):
        source.needed("sn_spatial")
    named = source.named(traces, ("unit_id", "frame"), units)
    assert named["unit_id"].values.tolist() == units
    assert np.array_equal(named["frame"], source.dataset.frames)


def test_intermediate_results_of_this_recording_only(tmp_path: Path) -> None:
    stores.v2(tmp_path / "s1", with_movies=True)
    image = stores.results()["max_proj"].rename("sn_spatial")
    write_dataset(tmp_path / "s1" / "minian_intermediate", {"sn_spatial": image, "small": image[:5]})
    source = source_of(tmp_path)
    found = source.intermediate("sn_spatial")
    assert found is not None
    assert np.array_equal(as_xarray(found), image)
    assert np.array_equal(as_xarray(found)["width"], image["width"])
    assert source.intermediate("small") is None
    assert source.intermediate("nothing") is None


def test_intermediate_results_of_another_recording_are_left_alone(tmp_path: Path) -> None:
    stores.v2(tmp_path / "s1")
    folder = tmp_path / "s1" / "minian_intermediate"
    write_dataset(folder, stores.movies("s2"))
    write_dataset(folder, {"sn_spatial": stores.results()["max_proj"].rename("sn_spatial")})
    source = source_of(tmp_path)
    assert source.movie_names == []
    assert source.intermediate("sn_spatial") is None
    with pytest.raises(BadRequest, match="no movie that belongs to this dataset"):
        source.movie()


def test_merged_datasets_are_refused(tmp_path: Path) -> None:
    stores.merged(tmp_path / "a1")
    with pytest.raises(BadRequest, match="several sessions"):
        source_of(tmp_path)
