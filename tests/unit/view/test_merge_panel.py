from minian_web.state.merge_queue import MergeQueue
from minian_web.view.merge_panel import MergePanel


def nothing(*_arguments):
    return True


def panel():
    queue = MergeQueue(None, lambda callback: callback(), nothing, nothing, nothing)
    return queue, MergePanel(queue)


def test_thresholds_are_read_from_the_field():
    queue, made = panel()
    assert made.grid.filter == "overlap>0.3 corr>0.7"
    made.grid._handle_msg({"filter": "overlap>0.05 corr>=-0.2"})
    assert (queue.overlap, queue.correlation) == (0.05, -0.2)
    made.grid._handle_msg({"filter": "correlation > 0.5"})
    assert (queue.overlap, queue.correlation) == (0.3, 0.5)
    made.grid._handle_msg({"filter": "overlap>7"})
    assert (queue.overlap, queue.correlation) == (1.0, 0.7)


def test_what_cannot_be_read_changes_nothing_and_is_said():
    queue, made = panel()
    made.grid._handle_msg({"filter": "overlap>1.2.3"})
    assert (queue.overlap, queue.correlation) == (0.3, 0.7)
    assert "cannot read" in made.grid.error
    made.grid._handle_msg({"choose": "5"})
    made.grid._handle_msg({"act": "anything"})
    assert queue.current is None
