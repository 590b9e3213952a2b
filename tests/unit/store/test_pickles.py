"""Pickled tables: minian's own are read, everything hostile or broken is refused and nothing of it runs."""

from __future__ import annotations

import os
import pickle
import pickletools

import numpy as np
import pandas as pd
import pytest
from pandas.compat import pickle_compat

from minian_web.errors import DataError
from minian_web.store import pickle_child
from minian_web.store.cache import Cache
from minian_web.store.pickles import read_tables
from tests.paths import ANIMAL1


def test_minians_tables_are_read_as_its_csv_says(tmp_path):
    cents, mappings = read_tables([ANIMAL1 / "cents.pkl", ANIMAL1 / "mappings.pkl"], Cache(tmp_path))
    wanted = pd.read_csv(ANIMAL1 / "cents.csv", index_col=0)
    assert cents.columns == tuple((name,) for name in wanted.columns)
    np.testing.assert_allclose(cents.values[2], wanted["height"])
    assert cents.values[0] == wanted["session"].tolist()
    table = pd.read_csv(ANIMAL1 / "mappings.csv", header=[0, 1], index_col=0)
    assert mappings.columns == tuple(table.columns)
    for at, name in enumerate(table.columns[:3]):
        assert mappings.values[at] == [None if np.isnan(value) else value for value in table[name]]
    assert mappings.values[-1][0] == ["session1", "session2", "session3"]
    assert len(mappings) == 37
    assert len(list(tmp_path.iterdir())) == 2  # read once, then from the cache


def test_a_second_reading_starts_no_process(tmp_path, monkeypatch):
    path = write(tmp_path / "a.pkl", pd.DataFrame({"unit_id": [1, 2]}))
    read_tables([path], Cache(tmp_path / "cache"))
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("read anew"))
    assert read_tables([path], Cache(tmp_path / "cache"))[0].values == ([1, 2],)


def write(path, value, protocol=4):
    path.write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 5])
def test_tables_of_other_versions_are_read(tmp_path, protocol):
    columns = pd.MultiIndex.from_tuples([("group", "group"), ("meta", "animal"), ("session", "s1"), ("session", "s2")])
    table = pd.DataFrame([[("s1", "s2"), "a", 3, 4.0], [("s1",), "b", 5, np.nan]], columns=columns)
    data = pickle.dumps(table, protocol).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    data = data if protocol == 2 else pickle.dumps(table, protocol)
    read = read_tables([write(tmp_path / "m.pkl", data)])[0]
    assert read.columns == tuple(columns)
    assert read.values[1:] == (["a", "b"], [3, 5], [4.0, None])


class Runs:
    def __init__(self, function, *arguments):
        self.what = function, arguments

    def __reduce__(self):
        return self.what


HOSTILE = {
    "command": lambda mark: Runs(os.system, f"touch {mark}"),
    "eval": lambda mark: Runs(eval, f"open({str(mark)!r}, 'w')"),
    "open": lambda mark: Runs(open, str(mark), "w"),
    "getattr": lambda _: Runs(getattr, pd.DataFrame, "eval"),
    "read_pickle": lambda _: Runs(pd.read_pickle, "/etc/passwd"),
    "method": lambda _: Runs(pd.DataFrame.eval, None, "1"),
    "numpy.load": lambda _: Runs(np.load, "/etc/passwd"),
    "inside a cell": lambda mark: pd.DataFrame({"a": [Runs(os.system, f"touch {mark}")]}, dtype=object),
}


@pytest.mark.parametrize("kind", ["command", "inside a cell"])
def test_hostile_pickles_run_nothing(tmp_path, kind):
    mark = tmp_path / "mark"
    path = write(tmp_path / "mappings.pkl", HOSTILE[kind](mark))
    with pytest.raises(DataError, match="which no table needs") as caught:
        read_tables([path])
    assert caught.value.path == path
    assert not mark.exists()


@pytest.mark.parametrize("kind", HOSTILE)
def test_names_outside_of_the_list_are_not_looked_up(tmp_path, kind):
    mark = tmp_path / "mark"
    with pytest.raises(pickle_child.Refused, match="which no table needs"):
        pickle_child._loaded(pickle_compat, pickle.dumps(HOSTILE[kind](mark)))
    assert not mark.exists()


@pytest.mark.parametrize("data", [b"\x80\x02\x82\x01.", b"(S'x'\nios\nsystem\n.", b"Pid\n.", b"cos\nsystem\n."])
def test_extension_codes_and_old_opcodes_are_refused(data):
    with pytest.raises(pickle_child.Refused):
        pickle_child._loaded(pickle_compat, data)


def test_what_a_process_or_a_file_would_need_is_watched():
    for event, arguments in (("open", ("x", "w", 0)), ("os.system", ("x",)), ("socket.connect", ())):
        with pytest.raises(pickle_child.Refused):
            pickle_child._watch(event, arguments)
    pickle_child._watch("open", ("x", "r", 0))
    pickle_child._watch("os.listdir", ("x",))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"not a pickle", "no whole pickle"), (pickle.dumps([1, 2]), "holds a list, not a table")],
)
def test_what_is_no_table_is_refused(tmp_path, content, said):
    with pytest.raises(DataError, match=said):
        read_tables([write(tmp_path / "m.pkl", content)])


def test_truncated_tables_are_refused(tmp_path):
    data = (ANIMAL1 / "mappings.pkl").read_bytes()
    with pytest.raises(DataError, match=r"m\.pkl"):
        read_tables([write(tmp_path / "m.pkl", data[: len(data) // 2])])
    with pytest.raises(DataError, match=r"none\.pkl"):
        read_tables([tmp_path / "none.pkl"])


def test_a_bomb_of_memory_ends_the_reading_process_only(tmp_path):
    bomb = Runs(np._core.multiarray._reconstruct, np.ndarray, (2**40,), b"b")
    with pytest.raises(DataError, match=r"MemoryError|memory|Unable to allocate"):
        read_tables([write(tmp_path / "m.pkl", bomb)])


def test_the_samples_hold_no_opcode_that_is_refused():
    for name in ("cents.pkl", "mappings.pkl"):
        codes = {code.name for code, _, _ in pickletools.genops((ANIMAL1 / name).read_bytes())}
        assert not codes & {"EXT1", "EXT2", "EXT4", "INST", "OBJ"}
