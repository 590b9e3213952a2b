from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from minian_web.errors import DataError, NotWritable
from minian_web.store.datasets import Dataset, open_dataset
from minian_web.store.facts import Facts, confirm, read_facts, write_facts
from minian_web.store.layout import write_dataset
from minian_web.store.pairing import Pairing, pairings
from tests import stores


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    return open_dataset(stores.v2(tmp_path, with_movies=True), cache_dir=tmp_path / "cache")


def folder_of(dataset: Dataset) -> Path:
    return dataset.path.parent / "minian_intermediate"


def paired(dataset: Dataset, **changed) -> dict[str, Pairing]:
    """Pairings with some movies exchanged."""
    folder = folder_of(dataset)
    if changed:
        folder = write_dataset(dataset.path.parent / "other_intermediate", stores.movies() | changed)
    return {pairing.movie.variable: pairing for pairing in pairings(dataset, [folder])}


def test_the_movies_of_this_recording(dataset):
    found = paired(dataset)
    assert {name: pairing.status for name, pairing in found.items()} == {"Y_fm_chk": "paired", "varr": "paired"}
    assert all(pairing.key == () for pairing in found.values())


def other_session(array):
    return array.assign_coords(session="s9")


def fewer_frames(array):
    return array[:-1]


def other_frames(array):
    return array.assign_coords(frame=array["frame"] + 1)


def narrower(array):
    return array[:, :, 2:]


def shifted(array):
    return array.assign_coords(height=array["height"] + 5)


DOUBTS = [
    (other_session, "The movie is of session s9, the dataset of s1."),
    (fewer_frames, "The movie has 59 frames, the traces have 60."),
    (other_frames, "The frames of the movie have other numbers than those of the traces."),
    (narrower, "The movie has 40×46 pixels, the footprints 40×48."),
    (shifted, "The movie covers other heights and widths than the footprints."),
]


@pytest.mark.parametrize(("change", "reason"), DOUBTS, ids=[change.__name__ for change, _ in DOUBTS])
def test_what_disagrees_is_for_the_user_to_say(dataset, change, reason):
    pairing = paired(dataset, varr=change(stores.movies()["varr"]))["varr"]
    assert (pairing.status, pairing.reason) == ("unsure", reason)


def test_a_movie_brighter_than_the_projection_is_of_another_recording(dataset):
    movie = stores.movies()["Y_fm_chk"].copy()
    movie[30, 4:6, 7] += 1000
    found = paired(dataset, Y_fm_chk=movie)
    assert found["Y_fm_chk"].status == "unsure"
    assert "2 pixels of Y_fm_chk in this folder" in found["Y_fm_chk"].reason
    assert found["varr"].status == "unsure", "it lies in the same folder"


def test_the_projection_may_be_rounded(dataset):
    movie = stores.movies()["Y_fm_chk"].astype(np.float64) * (1 + 1e-7)
    assert paired(dataset, Y_fm_chk=movie)["Y_fm_chk"].status == "paired"


def test_the_brightness_is_looked_at_once(dataset, tmp_path):
    paired(dataset)
    chunk = stores.chunk_files(folder_of(dataset) / "Y_fm_chk.zarr" / "Y_fm_chk")
    states = [path.stat() for path in chunk]
    for path, state in zip(chunk, states, strict=True):
        path.write_bytes(b"x" * state.st_size)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert paired(dataset)["Y_fm_chk"].status == "paired"


def test_a_broken_movie_is_not_paired(dataset, tmp_path):
    for path in stores.chunk_files(folder_of(dataset) / "Y_fm_chk.zarr" / "Y_fm_chk"):
        path.write_bytes(path.read_bytes()[:-5])
    found = paired(dataset)
    assert found["Y_fm_chk"].status == "unsure"
    assert "cut short" in found["Y_fm_chk"].reason


def test_confirmed_until_the_movie_changes(dataset):
    movie = paired(dataset, varr=shifted(stores.movies()["varr"]))["varr"].movie
    confirm(dataset, movie)
    folder = movie.group.parent
    found = {pairing.movie.name: pairing for pairing in pairings(dataset, [folder])}
    assert found[movie.name].status == "confirmed"
    assert "other heights" in found[movie.name].reason
    os.utime(stores.chunk_files(movie.array.path)[0])
    found = {pairing.movie.name: pairing for pairing in pairings(dataset, [folder])}
    assert found[movie.name].status == "unsure"


def test_paired_ones_come_first(dataset):
    write_dataset(dataset.path.parent / "a_intermediate", {"varr": fewer_frames(stores.movies()["varr"])})
    found = pairings(dataset, [dataset.path.parent / "a_intermediate", folder_of(dataset)])
    assert [pairing.status for pairing in found] == ["paired", "paired", "unsure"]


def test_frames_that_step(tmp_path):
    dataset = open_dataset(stores.frame_steps(tmp_path))
    assert {pairing.status for pairing in paired(dataset).values()} == {"paired"}


def test_movies_of_merged_sessions(tmp_path):
    dataset = open_dataset(stores.merged(tmp_path))
    named = {name: array.assign_coords(animal="a1", session="s2") for name, array in stores.movies("s2").items()}
    (pairing,) = pairings(dataset, [write_dataset(tmp_path / "minian_intermediate", {"varr": named["varr"]})])
    assert pairing.status == "paired"
    assert dict(pairing.key) == {"animal": "a1", "session": "s2"}
    nameless = named["varr"].drop_vars(["animal", "session"])
    (pairing,) = pairings(dataset, [write_dataset(tmp_path / "other_intermediate", {"varr": nameless})])
    assert pairing.status == "unsure"
    assert "does not say which" in pairing.reason


# ---- facts -----------------------------------------------------------------------------------------------------------


def test_facts_there_and_back(dataset):
    assert read_facts(dataset) == Facts()
    facts = Facts({"minian_intermediate/varr": "abc"}, frame_rate=30.0, pixel_size=1.7)
    write_facts(dataset, facts)
    assert read_facts(dataset).movies == facts.movies
    assert read_facts(dataset).frame_rate == 30
    assert read_facts(dataset).pixel_size == 1.7
    assert json.loads((dataset.path / "minian_web.json").read_text())["version"] == 1
    assert stores.open_minian(dataset.path)["A"].shape == (len(dataset.unit_ids()), *dataset.shape)


def test_what_others_have_written_is_kept(dataset):
    path = dataset.note_path("minian_web.json")
    path.write_text('{"later": {"x": 1}, "frame_rate": 20}')
    write_facts(dataset, read_facts(dataset))
    assert json.loads(path.read_text())["later"] == {"x": 1}
    assert json.loads(path.read_text())["frame_rate"] == 20


@pytest.mark.parametrize("text", ["{", "[]", '{"frame_rate": "fast"}', '{"frame_rate": -1}', '{"movies": [1]}'])
def test_damaged_facts_are_named(dataset, text):
    path = dataset.note_path("minian_web.json")
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        pairings(dataset, [])
    assert caught.value.path == path


def test_facts_beside_one_group(tmp_path):
    dataset = open_dataset(stores.one_group(tmp_path))
    write_facts(dataset, Facts(frame_rate=20))
    assert (tmp_path / "minian.zarr.minian_web.json").exists()
    assert not (tmp_path / "minian.zarr" / "minian_web.json").exists()


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_facts_of_a_read_only_dataset(dataset):
    dataset.path.chmod(0o555)
    with pytest.raises(NotWritable):
        write_facts(dataset, Facts(frame_rate=20))
    dataset.path.chmod(0o755)
