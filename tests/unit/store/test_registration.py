"""Registrations on disk: minian's folder in its several forms, our own files, the log of changes, exports."""

from __future__ import annotations

import csv
import io
import json
import shutil
from functools import cache

import h5netcdf
import h5py
import numpy as np
import pytest

from minian_web.errors import BadRequest, Conflict, DamagedLog, DataError, NotWritable
from minian_web.model.registration.edits import edit
from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.result import Fingerprint, Member, Registration, changes_since
from minian_web.store import pickles
from minian_web.store.catalog import Catalog
from minian_web.store.pickles import Table
from minian_web.store.registration import Registrations
from minian_web.store.registration_exports import LONG_COLUMNS, long_csv, wide_csv
from minian_web.store.registration_log import EditLog
from minian_web.store.registration_minian import matches_of, read_minian, read_shifts
from minian_web.store.registration_own import read_own, write_own
from minian_web.store.registration_sessions import read_session
from tests.paths import ANIMAL1

PATTERN = r"minian(\.nc|\.zarr)?$"
FILES = ("cents.pkl", "mappings.pkl", "shiftds.nc")
SESSIONS = ("session1", "session2", "session3")


@cache
def _good():
    return pickles._read([ANIMAL1 / "mappings.pkl"])


@pytest.fixture
def quick_pickles(monkeypatch):
    """The good sample is read by a process of its own once only."""
    real, good = pickles._read, (ANIMAL1 / "mappings.pkl").read_bytes()
    known = _good()
    monkeypatch.setattr(pickles, "_read", lambda paths: known if paths[0].read_bytes() == good else real(paths))


@pytest.fixture
def root(tmp_path, quick_pickles):
    folder = tmp_path / "lab" / "animal1"
    for session in SESSIONS:
        shutil.copytree(ANIMAL1 / session / "minian", folder / session / "minian")
    for name in FILES:
        shutil.copy(ANIMAL1 / name, folder / name)
    return tmp_path / "lab"


def registrations(root, refusal=""):
    catalog = Catalog([root], PATTERN)
    return Registrations(catalog, root.parent / "state", root.parent / "cache", lambda *_: refusal)


FIRST = "lab/animal1/session1/minian"


def opened(root, refusal=""):
    known = registrations(root, refusal)
    return known, known.open(known.sources(FIRST)[0])


def test_minians_folder_is_found_from_a_dataset_and_read(root):
    known = registrations(root)
    source = known.sources(FIRST)[0]
    assert (source.name, source.kind, source.folder) == ("minian", "minian", root / "animal1")
    one = known.open(source).registrations[()]
    assert one.matches.sessions == SESSIONS
    assert one.matches.counts() == {1: 8, 2: 17, 3: 12}
    assert [member.dataset for member in one.members] == [f"lab/animal1/{session}/minian" for session in SESSIONS]
    assert one.shifts["session2"] == pytest.approx((-4.687, 3.896), abs=1e-3)
    assert one.shifts["session3"] == pytest.approx((4.692, -5.056), abs=1e-3)


def test_sisters_are_the_sessions_of_the_animal(root):
    assert [member.name for member in registrations(root).sisters(FIRST)] == list(SESSIONS)


def test_a_missing_session_is_told_by_an_empty_dataset(root):
    shutil.rmtree(root / "animal1" / "session2")
    one = opened(root)[1].registrations[()]
    assert [member.dataset for member in one.members][1] == ""


def test_two_datasets_for_one_session_are_refused(root):
    shutil.copytree(root / "animal1" / "session1", root / "animal1" / "copy")
    with pytest.raises(DataError, match="one dataset for session session1, found 2"):
        opened(root)


@pytest.mark.parametrize("name", ["shiftds.nc"])
def test_a_missing_file_is_named(root, name):
    (root / "animal1" / name).unlink()
    with pytest.raises(DataError, match=name):
        opened(root)


def test_a_hostile_pickle_in_the_folder_is_an_error(root):
    (root / "animal1" / "mappings.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(DataError, match=r"os\.system"):
        opened(root)


def table(**columns):
    return Table(tuple(tuple(name.split("_", 1)) for name in columns), tuple(columns.values()))


def test_columns_come_in_any_order_with_and_without_meta(tmp_path):
    plain = table(group_group=[["s2"], ["s1", "s2"]], session_s2=[4.0, 1.0], session_s1=[None, 0])
    found = matches_of(plain, tmp_path)
    assert list(found) == [()]
    assert found[()].sessions == ("s2", "s1")
    assert found[()].units.tolist() == [[1, 0], [4, NONE]]
    both = table(meta_animal=["a", "b", "b"], session_x=[1, None, None], session_y=[2, 7, 8], session_z=[None, 7, None])
    found = matches_of(both, tmp_path)
    assert found[(("animal", "a"),)].sessions == ("x", "y")
    assert found[(("animal", "b"),)].units.tolist() == [[7, 7], [8, NONE]]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"group_group": [[]]}, "columns session/NAME"),
        ({"session_a": [1], "odd_b": [2]}, "odd/b"),
        ({"session_a": [1.5]}, "1.5"),
        ({"session_a": ["x"]}, "'x'"),
        ({"session_a": [-1]}, "-1"),
        ({"session_a": [1, 1]}, "unit 1 of session a is in two matches"),
    ],
)
def test_mappings_that_make_no_sense_are_refused(tmp_path, columns, said):
    with pytest.raises(DataError, match=said):
        matches_of(table(**columns), tmp_path / "mappings.pkl")


def test_shifts_with_animals_and_axes_in_any_order(tmp_path):
    path = tmp_path / "shiftds.nc"
    with h5netcdf.File(path, "w") as file:
        file.dimensions = {"animal": 1, "session": 2, "shift_dim": 2}
        for name, values in (("animal", ["a"]), ("session", ["t", "s"]), ("shift_dim", ["width", "height"])):
            variable = file.create_variable(name, (name,), dtype=h5py.string_dtype())
            variable[...] = np.array(values, object)
        file.create_variable("shifts", ("animal", "session", "shift_dim"), float)[...] = [[[1, 2], [3, 4]]]
    assert read_shifts(path) == {(("animal", "a"),): {"t": (2.0, 1.0), "s": (4.0, 3.0)}}


def test_shifts_of_another_kind_are_refused(tmp_path):
    (tmp_path / "shiftds.nc").write_bytes(b"CDF\x01 old")
    with pytest.raises(DataError, match="netCDF-3"):
        read_shifts(tmp_path / "shiftds.nc")
    with pytest.raises(DataError, match=r"mappings\.pkl"):
        read_minian(tmp_path)


# ---- our own files ---------------------------------------------------------------------------------------------------


def made(root):
    one = opened(root)[1].registrations[()]
    prints = {session: Fingerprint(session * 2, "labels") for session in SESSIONS}
    return Registration(one.members, one.shifts, one.matches, (("animal", "animal1"),), {"max_distance": 5.0}, prints)


def test_own_results_are_saved_beside_the_sessions_and_read_again(root):
    before = {path for path in root.rglob("*") if path.is_dir()}
    theirs = {name: (root / "animal1" / name).read_bytes() for name in FILES}
    known, one = registrations(root), made(root)
    source = known.save(one, "ann")
    assert source.path.parent == root / "animal1"
    assert {path for path in root.rglob("*") if path.is_dir()} == before
    assert {name: (root / "animal1" / name).read_bytes() for name in FILES} == theirs
    assert [found.kind for found in known.sources(FIRST)] == ["own", "minian"]
    again = known.open(known.sources(FIRST)[0]).registrations[(("animal", "animal1"),)]
    assert again.matches.rows() == one.matches.rows()
    assert again.shifts == one.shifts
    assert again.fingerprints == one.fingerprints
    assert again.members == one.members
    assert again.parameters == {"max_distance": 5.0}


def test_two_saves_never_overwrite_each_other(root):
    known, one = registrations(root), made(root)
    assert known.save(one, "ann").path != known.save(one, "ann").path


def test_nothing_is_saved_where_this_process_may_not_write(root):
    with pytest.raises(NotWritable, match="no lease"):
        registrations(root, "no lease").save(made(root), "ann")


def test_results_of_a_read_only_folder_are_on_this_computer(root, monkeypatch):
    monkeypatch.setattr("minian_web.store.registration.can_write", lambda folder: False)
    known = registrations(root)
    source = known.save(made(root), "ann")
    assert source.path.is_relative_to(root.parent / "state")
    assert known.sources(FIRST)[0].path == source.path


@pytest.mark.parametrize("spoil", ["json", "parquet", "gone", "version"])
def test_damaged_results_are_refused(root, spoil):
    path = write_own(root / "animal1", "x", made(root))
    table_ = path.with_suffix(".parquet")
    if spoil == "json":
        path.write_bytes(path.read_bytes()[:-5])
    elif spoil == "parquet":
        table_.write_bytes(table_.read_bytes()[:-1] + b"x")
    elif spoil == "gone":
        table_.unlink()
    else:
        path.write_text(json.dumps({**json.loads(path.read_text()), "version": 9}))
    with pytest.raises(DataError):
        read_own(path)


def test_a_moved_root_finds_its_sessions_by_name(root):
    path = write_own(root / "animal1", "x", made(root))
    assert path.exists()
    moved = root.rename(root.parent / "elsewhere")
    known = registrations(moved)
    one = known.open(known.sources("elsewhere/animal1/session1/minian")[0])
    members = next(iter(one.registrations.values())).members
    assert [member.dataset for member in members] == [f"elsewhere/animal1/{session}/minian" for session in SESSIONS]


def test_what_changed_since_is_told():
    then = {"a": Fingerprint("1", "x"), "b": Fingerprint("2"), "c": Fingerprint("3", "y"), "gone": Fingerprint("4")}
    now = {"a": Fingerprint("1", "z"), "b": Fingerprint("2", "w"), "c": Fingerprint("9", "y")}
    assert changes_since(then, now) == [
        "a: its merges and discards have changed since.",
        "c: its footprints were rewritten since.",
    ]


# ---- the log of changes ----------------------------------------------------------------------------------------------


def base():
    return {(): Matches.numbered(("a", "b"), np.array([[1, 1], [2, 2], [3, NONE], [NONE, 4]]))}


def log(tmp_path, **options):
    return EditLog(tmp_path / "registration-x.edits.jsonl", base(), options.get("may_write", lambda: ""))


def act(one, kind, ids, who="ann"):
    return one.act(lambda matches: edit(matches, kind, ids, one.next_id(())), (), who)


def test_edits_are_durable_and_can_be_undone_and_redone(tmp_path):
    one = log(tmp_path)
    act(one, "break", [0])
    act(one, "join", [2, 3])
    assert log(tmp_path).matches(()).rows() == one.matches(()).rows()
    again = log(tmp_path)
    again.undo((), "ann")
    assert again.matches(()).counts() == {1: 4, 2: 1}
    again.undo((), "ann")
    assert set(again.matches(()).rows()) == set(base()[()].rows())
    with pytest.raises(BadRequest, match="nothing of yours"):
        again.undo((), "ann")
    again.redo((), "ann")
    again.redo((), "ann")
    assert log(tmp_path).matches(()).rows() == one.matches(()).rows()
    with pytest.raises(BadRequest, match="nothing to redo"):
        again.redo((), "ann")
    assert [line.edit.kind for line in again.lines(())] == ["break", "join", "join", "break", "break", "join"]


def test_what_the_first_change_was_made_from_is_remembered(tmp_path):
    one = log(tmp_path)
    one.note((), {"a": Fingerprint("1"), "b": Fingerprint("2")})
    act(one, "keep", [0])
    one.note((), {"a": Fingerprint("9")})
    again = log(tmp_path)
    again.note((), {"a": Fingerprint("9")})
    assert again.made_from(()) == {"a": Fingerprint("1"), "b": Fingerprint("2")}


def test_undo_takes_back_ones_own_edit_only_and_says_when_others_acted_on_it(tmp_path):
    one = log(tmp_path)
    act(one, "keep", [0], "ann")
    act(one, "drop", [1], "bob")
    one.undo((), "ann")
    assert (one.matches(()).row(0).status, one.matches(()).row(1).status) == ("", "dropped")
    act(one, "break", [1], "ann")
    with pytest.raises(Conflict):
        one.undo((), "bob")


def test_another_process_that_wrote_is_noticed_and_nothing_is_lost(tmp_path):
    one, two = log(tmp_path), log(tmp_path)
    act(one, "keep", [0])
    with pytest.raises(Conflict, match="somebody else"):
        act(two, "drop", [1], "bob")
    act(two, "drop", [1], "bob")
    assert [row.status for row in log(tmp_path).matches(()).rows()] == ["kept", "dropped", "", ""]


def test_a_refused_write_changes_nothing(tmp_path):
    one = log(tmp_path, may_write=lambda: "read-only")
    with pytest.raises(NotWritable, match="read-only"):
        act(one, "keep", [0])
    assert one.matches(()).row(0).status == ""
    assert not one.path.exists()


def test_a_line_cut_short_is_dropped_and_an_altered_one_refused(tmp_path):
    one = log(tmp_path)
    act(one, "keep", [0])
    act(one, "keep", [1])
    data = one.path.read_bytes()
    one.path.write_bytes(data[:-7])
    again = log(tmp_path)
    assert [row.status for row in again.matches(()).rows()] == ["kept", "", "", ""]
    act(again, "drop", [1])
    assert log(tmp_path).matches(()).row(1).status == "dropped"
    one.path.write_bytes(data.replace(b"keep", b"drop"))
    with pytest.raises(DamagedLog, match="line 2"):
        log(tmp_path)


def test_edits_of_other_matches_are_put_aside(tmp_path):
    one = log(tmp_path)
    act(one, "keep", [0])
    other = {(): Matches.numbered(("a", "b"), np.array([[1, 2]]))}
    fresh = EditLog(one.path, other, lambda: "")
    assert fresh.matches(()).rows() == other[()].rows()
    assert "written anew" in fresh.notice
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
    assert not one.path.exists()
    locked = EditLog(tmp_path / "y.jsonl", base(), lambda: "")
    act(locked, "keep", [0])
    reader = EditLog(locked.path, other, lambda: "no lease")
    assert "not applied" in reader.notice
    assert locked.path.exists()


# ---- exports ---------------------------------------------------------------------------------------------------------


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_tables_say_where_every_cell_was_found(root):
    found = opened(root)[1]
    one = found.registrations[()]
    catalog = Catalog([root], PATTERN)
    cells = {
        member.name: read_session(member, catalog.open(member.dataset), None)
        for member in one.members
        if member.name != "session2"
    }
    wide = rows_of(wide_csv(one.matches))
    assert len(wide) == 37
    assert list(wide[0]) == ["match", "status", "sessions_found", *SESSIONS]
    assert sum(row["session1"] != "" for row in wide) == 27
    long = rows_of(long_csv(one, one.matches, cells, labels=False))
    assert tuple(long[0]) == LONG_COLUMNS
    assert len(long) == 27 + 27 + 24
    for row in long:
        if row["session"] == "session2":
            assert row["centroid_height"] == ""
        else:
            shift = one.shifts[row["session"]]
            moved = float(row["aligned_height"]) - float(row["centroid_height"])
            assert moved == pytest.approx(shift[0], abs=2e-4)


def test_names_that_a_spreadsheet_would_execute_are_quoted():
    matches = Matches.numbered(("=cmd()", "b"), np.array([[1, 2]]))
    assert rows_of(wide_csv(matches))[0]["'=cmd()"] == "1"
    member = Member("=cmd()")
    one = Registration((member, Member("b")), {"=cmd()": (0, 0), "b": (0, 0)}, matches)
    assert rows_of(long_csv(one, matches, {}, labels=True))[0]["session"] == "'=cmd()"


def test_labels_make_cells_of_units(root):
    catalog = Catalog([root], PATTERN)
    dataset = catalog.open("lab/animal1/session3/minian")
    labels = dataset.labels()["A"]
    read = read_session(Member("session3", dataset.id), dataset, labels)
    assert len(read.units.unit_ids) == 24
    assert len(read.cells.unit_ids) == 24 - 2 - 1  # three units are one cell, one is discarded
    assert read.names[8] == NONE
    assert read.names[3] == read.names[4] == 2
    assert read.shown(True) is read.cells
    plain = read_session(Member("session3", dataset.id), dataset, None)
    assert plain.cells is plain.units
    assert plain.fingerprint.labels != read.fingerprint.labels
