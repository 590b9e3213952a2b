"""The log file itself: what is written is read again, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minian_web.errors import DamagedLog
from minian_web.model.decisions import STATUSES, Decision
from minian_web.store.lines import Binding, Line, Written
from minian_web.store.log import Log, read_log

TEXT = st.text(max_size=12)
KEYS = st.sampled_from([(), (("animal", "a1"), ("session", "s2"))])
DECISIONS = st.builds(Decision, st.integers(-1, 50), st.sampled_from(STATUSES))


@st.composite
def lines(draw):
    units = tuple(draw(st.lists(st.tuples(KEYS, st.integers(0, 50)), max_size=4)))
    decided = st.lists(DECISIONS, min_size=len(units), max_size=len(units)).map(tuple)
    texts = {name: draw(TEXT) for name in ("kind", "reviewer", "label_set", "note")}
    texts["kind"] = "keep" if texts["kind"] in ("binding", "written") else texts["kind"]
    return Line(units=units, before=draw(decided), after=draw(decided), **texts)


RECORDS = st.one_of(
    lines(), st.builds(Binding, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)), st.builds(Written, TEXT)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RECORDS, max_size=6))
def test_what_is_written_is_read(tmp_path, records):
    path = tmp_path / "log"
    path.unlink(missing_ok=True)
    log = Log(path).appended((Binding("guard"),), "r/d")
    for record in records:
        log = log.appended((record,), "r/d")
    assert read_log(path) == log
    assert log.lines == tuple(record for record in records if isinstance(record, Line))


@pytest.fixture
def written(tmp_path):
    line = Line("keep", (((), 3),), (Decision(3, "undecided"),), (Decision(3, "kept"),), "änn ☃")
    return Log(tmp_path / "log").appended((Binding("guard"), line, Written(line.id)), "r/d")


def test_any_cut_drops_only_the_unfinished_line(written):
    data = written.path.read_bytes()
    ends = [position + 1 for position, byte in enumerate(data) if byte == 10]
    for size in range(len(data) + 1):
        written.path.write_bytes(data[:size])
        log = read_log(written.path)
        whole = sum(end <= size for end in ends)
        assert len(log.bindings) + len(log.lines) + bool(log.held) == whole
        assert log.torn == (size not in (0, *ends))
        assert log.keep == max([0, *(end for end in ends if end <= size)])


def test_any_changed_byte_is_noticed(written):
    data = bytearray(written.path.read_bytes())
    for position in range(0, len(data) - 1, 7):
        changed = bytearray(data)
        changed[position] ^= 1
        written.path.write_bytes(changed)
        with pytest.raises(DamagedLog, match=r"line \d"):
            read_log(written.path)


def test_zeros_after_a_power_loss_are_an_unfinished_line(written):
    data = written.path.read_bytes()
    written.path.write_bytes(data + bytes(100))
    log = read_log(written.path)
    assert log.torn
    assert log.lines == written.lines


def test_no_file_is_an_empty_log(tmp_path):
    log = read_log(tmp_path / "log")
    assert (log.bindings, log.lines, log.torn, log.extent) == ((), (), False, None)


def test_a_file_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "log").write_text("unit_id,label\n1,2\n")
    with pytest.raises(DamagedLog, match=r"line 1: .*ends in its checksum, found 'unit_id,label'"):
        read_log(tmp_path / "log")
