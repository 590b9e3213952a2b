from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from minian_web.errors import BadRequest, DatasetNotFound, MinianWebError, OutsideRoots
from minian_web.model.decisions import Decision
from minian_web.settings import PATTERN
from minian_web.store.catalog import Catalog, root_names
from minian_web.store.layout import write_dataset
from minian_web.store.lines import Binding, Line
from minian_web.store.log import read_log
from minian_web.store.whereabouts import log_on_this_computer
from tests import stores
from tests.paths import DATA


def catalog(*roots: Path, pattern: str = PATTERN) -> Catalog:
    return Catalog(roots, pattern)


def listed(*roots: Path, **options) -> dict[str, str]:
    return {entry.id: entry.kind for entry in catalog(*roots, **options).entries()}


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """Two sessions, the first with movies; a sweep, movies of nobody, other things; not to be changed."""
    root = tmp_path_factory.mktemp("catalog") / "root"
    stores.v2(root / "a1" / "s1", with_movies=True)
    stores.one_group(root / "a1" / "s2")
    stores.netcdf(root / "a2")
    write_dataset(root / "loose" / "minian_intermediate", stores.movies())
    sweep = root / "a1" / "s1" / "sweep_spatial"
    write_dataset(sweep / "sparse_penal=0.1" / "minian", {"A": stores.results()["A"]})
    (root / "notes.txt").write_text("hello")
    return root


@pytest.fixture
def root(kept, tmp_path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(kept, tmp_path / "root"))


def test_what_is_listed(root):
    assert listed(root) == {
        "root/a1/s1/minian": "dataset",
        "root/a1/s2/minian.zarr": "dataset",
        "root/a2/minian.nc": "dataset",
        "root/loose/minian_intermediate": "movies",
    }


def test_another_pattern(root):
    shutil.copytree(root / "a1" / "s1" / "minian", root / "a1" / "s1" / "results")
    assert listed(root / "a1", pattern="^results$") == {"a1/s1/results": "dataset"}


def test_new_datasets_are_seen_when_told_to_look(root):
    found = catalog(root)
    before = found.entries()
    stores.v2(root / "a3")
    assert found.entries() == before
    assert len(found.entries(refresh=True)) == len(before) + 1


def test_an_intermediate_folder_above_datasets_belongs_to_them(tmp_path):
    write_dataset(tmp_path / "work" / "minian_intermediate", stores.movies())
    stores.v2(tmp_path / "work" / "a1" / "s1")
    assert listed(tmp_path / "work") == {"work/a1/s1/minian": "dataset"}
    found = catalog(tmp_path / "work").movies("work/a1/s1/minian")
    assert {pairing.movie.name for pairing in found} == {"minian_intermediate/varr", "minian_intermediate/Y_fm_chk"}


@pytest.mark.parametrize("make", [stores.v2, stores.one_group, stores.netcdf])
def test_a_root_that_is_a_dataset(tmp_path, make):
    path = make(tmp_path)
    renamed = path.rename(path.with_name(f"anything{path.suffix}"))
    found = catalog(renamed)
    assert [entry.id for entry in found.entries()] == [renamed.name]
    assert found.open(renamed.name).title == "a1 / s1"


def test_an_intermediate_folder_opened_alone(root):
    folder = root / "a1" / "s1" / "minian_intermediate"
    found = catalog(folder)
    assert [(entry.id, entry.kind) for entry in found.entries()] == [("minian_intermediate", "movies")]
    assert [pairing.status for pairing in found.movies("minian_intermediate")] == ["paired", "paired"]
    with pytest.raises(BadRequest, match="movies only"):
        found.open("minian_intermediate")


def test_a_folder_named_like_a_dataset_that_holds_datasets(tmp_path):
    stores.v2(tmp_path / "minian" / "a1" / "s1")
    assert listed(tmp_path / "minian") == {"minian/a1/s1/minian": "dataset"}
    stores.v2(tmp_path / "data" / "minian" / "s1")
    assert listed(tmp_path / "data") == {"data/minian/s1/minian": "dataset"}


def test_broken_datasets_are_listed(tmp_path):
    (tmp_path / "empty" / "minian").mkdir(parents=True)
    stores.without_array(tmp_path / "without")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "minian.zarr").write_text("no store")
    assert list(listed(tmp_path)) == [
        f"{tmp_path.name}/{name}" for name in ("empty/minian", "text/minian.zarr", "without/minian")
    ]


def test_nothing_to_list(tmp_path):
    assert listed(tmp_path) == {}
    missing = catalog(tmp_path / "nothing")
    assert missing.entries() == ()
    assert "no such folder" in missing.problems[0]


def test_hidden_folders_and_links_are_not_followed(tmp_path, root):
    stores.v2(tmp_path / "elsewhere")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "loop").symlink_to(root)
    stores.v2(root / ".hidden")
    assert not [name for name in listed(root) if "link" in name or "loop" in name or "hidden" in name]


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may look everywhere")
def test_what_cannot_be_looked_into_is_told(root):
    (root / "a1").chmod(0)
    found = catalog(root)
    assert "root/a2/minian.nc" in [entry.id for entry in found.entries()]
    assert str(root / "a1") in found.problems[0]
    (root / "a1").chmod(0o755)


def test_names_that_no_page_could_show(root):
    folder = os.path.join(os.fsencode(root), b"bad\xff")
    os.mkdir(folder)
    shutil.copytree(root / "a1" / "s1" / "minian", os.fsdecode(folder) + "/minian")
    found = catalog(root)
    assert len(found.entries()) == 4
    assert "no name that a page could show" in found.problems[0]


# ---- roots -----------------------------------------------------------------------------------------------------------


def test_root_names_are_unique(tmp_path):
    roots = [tmp_path / part / "data" for part in "abc"]
    assert list(root_names([*roots, roots[0]])) == ["data", "data-2", "data-3"]
    assert list(root_names([Path("/")])) == ["root"]


def test_two_roots_of_the_same_name(tmp_path):
    for part in "ab":
        stores.v2(tmp_path / part / "data")
    assert list(listed(tmp_path / "a" / "data", tmp_path / "b" / "data")) == ["data-2/minian", "data/minian"]


def test_a_root_inside_a_root_is_listed_once(root):
    found = catalog(root, root / "a1")
    ids = [entry.id for entry in found.entries()]
    assert "a1/s1/minian" in ids
    assert "root/a1/s1/minian" not in ids
    with pytest.raises(DatasetNotFound, match="only another name for 'a1/s1/minian'"):
        found.entry("root/a1/s1/minian")


def test_a_root_that_is_a_link(tmp_path, root):
    (tmp_path / "link").symlink_to(root)
    assert "root/a1/s1/minian" in listed(tmp_path / "link")


# ---- names from the browser ------------------------------------------------------------------------------------------


def test_every_listed_id_leads_to_its_entry(root):
    found = catalog(root)
    assert [found.entry(entry.id) for entry in found.entries()] == list(found.entries())


HOSTILE = [
    "",
    "/",
    "..",
    "../..",
    "../../etc",
    "/etc/passwd",
    "root/..",
    "root/../../etc",
    "root/a1/../../..",
    "root/a1/s1/minian/../minian",
    "root//etc",
    "root/./a1",
    "root/a1/s1/minian/",
    "root/\0",
    "ro\0ot",
    "\udcff",
    "root/\udcff\ud800",
    "root/" + "x" * 300,
    "root/" + "x/" * 1900,
    "x" * 100_000,
    "root/a1/s1/minian\n",
    "~",
    "root/~",
    "nothing/minian",
    "root",
    "root/a1",
    "root/notes.txt",
    "root/a1/s1/minian/A.zarr",
    "root/a1/s1/sweep_spatial",
    None,
    7,
]


@pytest.mark.parametrize("name", HOSTILE, ids=[repr(name)[:30] for name in HOSTILE])
def test_hostile_names_are_refused(kept, name):
    found = catalog(kept)
    for ask in (found.entry, found.open, found.movies):
        with pytest.raises((OutsideRoots, DatasetNotFound)) as caught:
            ask(name)
        assert len(str(caught.value)) < 400


def test_links_that_lead_out_are_refused(tmp_path, root):
    stores.v2(tmp_path / "secret")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "minian").symlink_to(tmp_path / "secret" / "minian")
    for name in ("root/out/minian", "root/minian"):
        with pytest.raises(OutsideRoots, match="leads out"):
            catalog(root).entry(name)


def test_links_inside_are_no_second_name(root):
    (root / "again").symlink_to(root / "a1")
    with pytest.raises(DatasetNotFound, match="only another name for 'root/a1/s1/minian'"):
        catalog(root).entry("root/again/s1/minian")
    (root / "circle").symlink_to(root / "circle")
    with pytest.raises(MinianWebError):
        catalog(root).entry("root/circle/minian")


def test_movies_that_lead_out_are_not_offered(tmp_path):
    stores.v2(tmp_path / "inside" / "s1")
    write_dataset(tmp_path / "minian_intermediate", stores.movies())
    write_dataset(tmp_path / "far" / "x", stores.movies())
    (tmp_path / "inside" / "s1" / "minian_intermediate").symlink_to(tmp_path / "far" / "x")
    assert catalog(tmp_path / "inside").movies("inside/s1/minian") == []


def test_movies_beside_a_root_that_is_a_dataset_are_offered(tmp_path):
    path = stores.v2(tmp_path, with_movies=True)
    assert len(catalog(path).movies("minian")) == 2
    write_dataset(tmp_path.parent / "above_intermediate", stores.movies())
    assert len(catalog(path).movies("minian")) == 2


def test_movies_that_appear_are_found(tmp_path):
    one = catalog(stores.v2(tmp_path).parent)
    name = f"{tmp_path.name}/minian"
    assert one.movies(name) == []
    write_dataset(tmp_path / "minian_intermediate", stores.movies())
    assert len(one.movies(name)) == 2


# ---- details ---------------------------------------------------------------------------------------------------------


def test_details(root):
    found = catalog(root)
    details = {entry.id: found.details(entry) for entry in found.entries()}
    first = details["root/a1/s1/minian"]
    units = len(stores.results()["A"]["unit_id"])
    assert (first.animal, first.session, first.problem) == ("a1", "s1", None)
    assert (first.units, first.frames, first.height, first.width) == (units, 60, 40, 48)
    assert (first.undecided, first.kept, first.reviewed) == (units, 0, False)
    assert first.movies == ("minian_intermediate/Y_fm_chk", "minian_intermediate/varr")
    assert first.modified is not None
    loose = details["root/loose/minian_intermediate"]
    assert len(loose.movies) == 2
    for name in ("root/a1/s2/minian.zarr", "root/a2/minian.nc"):
        assert (details[name].units, details[name].frames, details[name].session) == (units, 60, "s1")


def test_details_are_renewed_when_labels_are_written(root):
    found = catalog(root)
    entry = found.entry("root/a1/s1/minian")
    assert found.details(entry).discarded == 0
    assert found.details(entry) is found.details(entry)
    shutil.rmtree(entry.path)
    ids = stores.results()["A"]["unit_id"].values.tolist()
    stores.v2(root / "a1" / "s1", labels={ids[0]: -1, ids[1]: ids[2]})
    details = found.details(entry)
    assert (details.discarded, details.merged, details.undecided) == (1, 2, len(ids) - 3)
    assert details.reviewed


def test_details_of_a_dataset_whose_log_is_on_this_computer(kept, tmp_path):
    found = Catalog([kept], PATTERN, state_dir=tmp_path)
    entry = found.entry("root/a1/s1/minian")
    assert found.details(entry).kept == 0
    unit = int(stores.results()["A"]["unit_id"][0])
    line = Line("keep", (((), unit),), (Decision(unit, "undecided"),), (Decision(unit, "kept"),), "ann")
    log = log_on_this_computer(found.open(entry.id), tmp_path)
    log.parent.mkdir()
    read_log(log).appended((Binding("guard"), line), entry.id)
    assert found.details(entry).kept == 1
    assert found.details(found.entry("root/a2/minian.nc")).kept == 0


def test_real_sessions():
    found = catalog(DATA / "animal1")
    details = {entry.id: found.details(entry) for entry in found.entries()}
    assert [one.units for one in details.values()] == [27, 27, 24]
    curated = details["animal1/session3/minian"]
    assert (curated.discarded, curated.merged, curated.undecided) == (1, 3, 20)


def test_movies_of_a_dataset_are_paired(root):
    assert {pairing.status for pairing in catalog(root).movies("root/a1/s1/minian")} == {"paired"}
