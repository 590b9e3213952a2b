from __future__ import annotations

import pytest

from minian_web.errors import BadRequest, DatasetNotFound, NotWritable, OutsideRoots
from minian_web.settings import Settings
from minian_web.store.lease import Lease
from minian_web.store.opening import locate, opened_curation
from tests import stores


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "data").mkdir()
    return Settings(roots=(tmp_path / "data",), cache_dir=tmp_path / "cache", state_dir=tmp_path / "state")


@pytest.fixture
def dataset(settings):
    return stores.v2(settings.roots[0] / "s1", with_movies=True)


def test_by_name_and_by_path_it_is_the_same(settings, dataset):
    _, by_name = locate(settings, "data/s1/minian")
    _, by_path = locate(settings, str(dataset))
    assert by_name == by_path
    assert by_name.id == "data/s1/minian"


def test_a_path_outside_the_roots_or_of_another_name(settings, tmp_path):
    elsewhere = stores.v2(tmp_path / "elsewhere").rename(tmp_path / "elsewhere" / "results")
    catalog, entry = locate(settings, str(elsewhere))
    assert (entry.path, entry.root, entry.id) == (elsewhere, elsewhere, "results")
    with opened_curation(settings, catalog, entry) as curation:
        assert curation.writable


@pytest.mark.parametrize("name", ["data/../../etc", "../x", ".."])
def test_names_lead_nowhere_else(settings, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "data")
    with pytest.raises((OutsideRoots, DatasetNotFound)):
        locate(settings, name)


def test_a_folder_of_datasets_is_none_but_says_which(settings, dataset):
    with pytest.raises(DatasetNotFound, match=r"datasets in it: .*s1/minian"):
        locate(settings, str(settings.roots[0]))
    with pytest.raises(DatasetNotFound, match="nope"):
        locate(settings, "nope")


def test_the_lease_is_held_meanwhile_and_given_back(settings, dataset):
    catalog, entry = locate(settings, str(dataset))
    other = Lease(entry.root, settings.state_dir)
    with opened_curation(settings, catalog, entry) as curation:
        assert curation.writable
        assert not other.acquire()
    assert other.acquire()
    with opened_curation(settings, catalog, entry) as curation:
        assert "Another process writes here" in curation.read_only_reason
    other.release()


def test_unknown_decisions_are_an_error(settings, dataset):
    (dataset / "curation.jsonl").write_text("no log\n")
    catalog, entry = locate(settings, str(dataset))
    with pytest.raises(NotWritable, match=r"curation.jsonl"), opened_curation(settings, catalog, entry):
        pass
    assert Lease(entry.root, settings.state_dir).acquire()


def test_movies_are_not_curated(settings, tmp_path):
    stores.v2(tmp_path / "data" / "x", with_movies=True)
    (tmp_path / "data" / "x" / "minian_intermediate").rename(tmp_path / "data" / "movies")
    catalog, entry = locate(settings, "data/movies")
    with pytest.raises(BadRequest, match="holds movies only"), opened_curation(settings, catalog, entry):
        pass


def test_nothing_is_written_beside_a_server_for_a_folder_inside(settings, dataset):
    catalog, entry = locate(settings, str(dataset))
    server = Lease(dataset.parent, settings.state_dir)
    assert server.acquire()
    with opened_curation(settings, catalog, entry) as curation:
        assert "Another process writes here" in curation.read_only_reason
    server.release()
    with opened_curation(settings, catalog, entry) as curation:
        assert curation.writable
