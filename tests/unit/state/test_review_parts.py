"""Metrics, the merge queue and the log as a page of the review sees them."""

import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.decisions import applied
from minian_web.state.merge_queue import MergeQueue, preview
from minian_web.state.review_log import ReviewLog
from minian_web.state.unit_metrics import UnitMetrics, rows_of
from minian_web.state.unit_table import UnitTable
from tests.unit.state.test_review import opened, root, saved
from tests.unit.state.waiting import wait
from tests.unit.store.test_earlier import rewrite

__all__ = ["root"]


def at_once(callback):
    callback()


def queue_of(state, run):
    made = MergeQueue(run, at_once, lambda units: state.go("beside", units), state.decide_about, lambda u: None)
    made._remark = lambda kind, units: state.remark(kind, units)
    made.param.update(overlap=0.06, correlation=-1.0)
    made.begin(state.opened, state.decisions)
    state.param.watch(lambda event: made.follow(event.new), "decisions")
    wait(lambda: made.groups)
    return made


def test_metrics_come_and_those_of_the_movie_follow(runtime):
    run = runtime()
    state = opened(run)
    wait(lambda: state.movie)
    metrics = UnitMetrics(run, at_once)
    metrics.begin(state.opened, state.movie)
    wait(lambda: metrics.metrics is not None and "movie_match" in metrics.metrics.columns)
    assert metrics.error == ""
    assert metrics.progress is None
    rows = rows_of(state.decisions, metrics.metrics, {int(state.walk.order[0]): "dim"}, 20.0)
    assert list(rows)[:3] == ["unit", "status", "cell"]
    np.testing.assert_allclose(rows["event_rate"], metrics.metrics.columns["event_rate"] * 1.2)
    assert (rows["note"] != "").sum() == 1
    metrics.close()
    assert metrics.metrics is None


def test_a_rule_is_one_action(runtime):
    run = runtime()
    state = opened(run)
    metrics = UnitMetrics(run, at_once)
    metrics.begin(state.opened, "")
    wait(lambda: metrics.metrics is not None)
    limit = float(np.median(metrics.metrics.columns["area"]))
    table, before = UnitTable(filter=f"area<{limit}"), state.decisions
    table.follow(rows_of(before, metrics.metrics, {}, None), state.walk.order)
    assert state.put("rule", table.decided(before, "discard"), table.filter)
    saved(state)
    line = state.opened.curation.history()[-1]
    assert (line.kind, line.note) == ("rule", f"area<{limit}")
    assert len(line.units) == state.decisions.counts()["discarded"] > 1
    state.undo()
    saved(state)
    assert state.decisions == before
    assert not state.put("rule", state.decisions)
    assert state.message == "Nothing would change."


def test_a_group_is_accepted_and_the_next_is_shown(runtime):
    state = opened(runtime())
    queue = queue_of(state, state._runtime)
    queue.step()
    first = queue.current
    assert set(state.walk.marked) == set(first.units)
    assert set(first.units) <= set(state.walk.shown)
    wait(lambda: preview(state.traces, first.units) is not None)
    merged = preview(state.traces, first.units)
    rows = [row.c for row in state.traces if row.unit_id in first.units]
    np.testing.assert_allclose(merged.c, np.mean(rows, axis=0), rtol=1e-5)
    assert merged.text == "merged"
    queue.accept()
    saved(state)
    assert state.decisions.cell(first.units[0]) == first.units
    assert first not in queue.groups


def test_a_dismissed_group_stays_away(runtime):
    run = runtime()
    state = opened(run)
    queue = queue_of(state, run)
    queue.step()
    first = queue.current
    queue.dismiss()
    assert first not in queue.groups
    saved(state)
    assert state.opened.curation.history()[-1].kind == "apart"
    again = queue_of_all(state, run)
    assert all(set(first.pairs[0][:2]) != set(pair[:2]) for group in again.groups for pair in group.pairs)
    assert state.decisions.counts()["merged"] == 0


def queue_of_all(state, run):
    made = MergeQueue(run, at_once, lambda _units: None, state.decide_about, state.remark)
    made.param.update(overlap=0.0, correlation=-1.0)
    made.begin(state.opened, state.decisions)
    wait(lambda: made.progress is None)
    return made


def test_thresholds_sort_anew(runtime):
    state = opened(runtime())
    queue = queue_of(state, state._runtime)
    queue.param.update(overlap=1.0)
    assert queue.groups == ()
    queue.step()
    assert queue.current is None


def test_the_history_and_notes(runtime):
    state = opened(runtime(), advance=False)
    first, second = state.walk.order[:2]
    log = ReviewLog(state.opened)
    state.decide("keep")
    state.remark("note", (first,), "bright")
    state.go("to_unit", second)
    state.decide("discard")
    saved(state)
    entries = log.entries()
    assert [one.what for one in entries] == ["discarded", "wrote a note", "kept"]
    assert entries[0].units == str(second)
    assert log.entries(text="bright")[0].what == "wrote a note"
    assert log.notes() == {first: "bright"}
    point = entries[-1].id
    assert state.put("revert", log.after(point))
    saved(state)
    assert state.decisions.of(second).status == "undecided"
    assert log.entries()[0].what == "went back to an earlier point"
    state.undo()
    saved(state)
    assert state.decisions.of(second).status == "discarded"


def test_a_second_opinion(runtime):
    run = runtime()
    ann, bob = opened(run), opened(run)
    bob.param.update(reviewer="bob", label_set="bob")
    units = ann.walk.order
    ann.decide_about("keep", units[:3])
    saved(ann)
    assert bob.decisions.counts()["undecided"] == len(units)
    bob.decide_about("keep", units[:2])
    bob.decide_about("discard", units[2:3])
    saved(bob)
    assert ann.decisions.of(units[2]).status == "kept"
    log = ReviewLog(ann.opened)
    assert log.sets() == ("main", "bob")
    found = log.compare("main", "bob")
    assert (found.agreed, found.disagreed) == (tuple(sorted_as(ann, units[:2])), (units[2],))
    with pytest.raises(BadRequest):
        log.compare("bob", "bob")
    bob.undo()
    saved(bob)
    assert bob.decisions.of(units[2]).status == "undecided"
    third = opened(run, label_set="carl")
    third.decide_about("keep", units[:1])
    third.decide_about("discard", units[5:6])
    bob.decide_about("discard", units[5:6])
    saved(third)
    saved(bob)
    assert ann.put("adopt", log.consensus("bob", "carl"))
    saved(ann)
    assert ann.decisions.of(units[5]).status == "discarded"
    assert ann.decisions.of(units[2]).status == "kept"


def sorted_as(state, units):
    order = state.decisions.unit_ids.tolist()
    return sorted(units, key=order.index)


def test_a_conflict_is_told_not_overwritten(runtime):
    run = runtime()
    ann, bob = opened(run), opened(run)
    bob.reviewer = "bob"
    unit, other = ann.walk.order[:2]
    seen = bob.decisions
    bob._unsubscribe()  # the news of Ann's action has not come yet
    ann.decide_about("keep", (unit,))
    saved(ann)
    bob.put("rule", applied(seen, "discard", [unit, other]))
    wait(lambda: bob.message)
    assert f"unit {unit} is kept by now" in bob.message
    assert ann.opened.curation.decisions().of(other).status == "undecided"


def test_all_traces_can_be_loaded_and_that_can_be_stopped(runtime, monkeypatch):
    state = opened(runtime())
    state.load_all()
    assert state.loading
    wait(lambda: not state.loading)
    assert "in memory" in state.message
    assert state._reader.held == state.needs > 0
    monkeypatch.setattr(state._reader, "load", lambda _units, tick: [tick(0.0) for _ in iter(lambda: 0, 1)])
    state.load_all()
    assert state.loading
    state.load_all()
    assert not state.loading
    assert "stopped" in state.message


def test_decisions_about_earlier_cells_are_offered(runtime, root):
    run = runtime()
    state = opened(run, advance=False)
    state.decide_about("discard", state.walk.order[:2])
    saved(state)
    wait(lambda: state.opened.curation._journal.digests)
    state.close()
    run.close()
    rewrite(root / "minian")
    run = runtime()
    again = opened(run)
    wait(lambda: again.companions.carry is not None)
    offered = again.companions.carry
    assert offered.changes["discarded"] + offered.lost == 2
    assert again.decisions.counts()["discarded"] == 0
    again.companions.carry_over()
    saved(again)
    assert again.decisions.counts()["discarded"] == offered.changes["discarded"] >= 1
    assert again.opened.curation.history()[-1].kind == "carry"


def test_the_walk_along_a_filtered_table_goes_on_after_each_decision(runtime):
    state = opened(runtime())
    companions = state.companions
    wait(lambda: companions.metrics.metrics is not None and "movie_match" in companions.metrics.metrics.columns)
    companions.table.filter = "undecided"
    companions.table.sort_by("area")
    companions.walk_along(True)
    listed = companions.table.units
    state.go("to_unit", listed[2])
    for place in (2, 3, 4):
        assert state.walk.current == listed[place]
        state.decide("discard" if place == 3 else "keep")
        saved(state)
    assert state.walk.current == listed[5]
    assert not set(listed[2:5]) & set(companions.table.units)
    companions.walk_along(False)
    assert len([unit for group in state.walk.groups for unit in group]) == len(listed)
