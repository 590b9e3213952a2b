import os
import shutil

import numpy as np
import pytest

from minian_web.model.carrying import carried, match
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset
from minian_web.store.earlier import earlier_decisions
from minian_web.store.layout import write_dataset
from tests import stores


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


def opened(path, tmp_path):
    dataset = open_dataset(path, "r/minian", cache_dir=tmp_path / "cache")
    curation = open_curation(dataset, state_dir=tmp_path / "state")
    curation.bind_footprints(dataset.footprints().digest)
    return curation


def rewrite(path):
    """The pipeline found the same cells again, numbered anew and in another order, one of them not."""
    variables = stores.results()
    for name in ("A", "C"):
        shutil.rmtree(path / f"{name}.zarr")
        array = variables[name][::-1][:-1]
        renamed = array.assign_coords(unit_id=100 + np.arange(array.sizes["unit_id"]))
        write_dataset(path, {name: renamed})
    for name in ("S", "b0", "c0", "YrA"):
        shutil.rmtree(path / f"{name}.zarr")


def test_decisions_are_found_again_on_the_same_cells(tmp_path):
    path = stores.v2(tmp_path / "data")
    before = opened(path, tmp_path)
    units = before.dataset.stored_units.tolist()
    before.act("discard", [units[3]], reviewer="ann")
    before.act("merge", units[4:6], reviewer="ann")
    before.act("keep", [units[0]], reviewer="ann")
    before.write_arrays()
    rewrite(path)
    now = opened(path, tmp_path)
    assert now.decisions().counts()["undecided"] == len(units) - 1
    (earlier,) = earlier_decisions(now.dataset, now.where)
    assert earlier.decisions == before.decisions()
    found = match(earlier.footprints, now.dataset.footprints())
    assert len(found.old) == len(units) - 1
    after = carried(earlier.decisions, found, now.decisions())
    assert after.counts() == {"undecided": len(units) - 4, "kept": 0, "discarded": 1, "merged": 2}
    assert after.of(found.counterpart(units[3])).status == "discarded"
    now.put("carry", after, reviewer="ann", note=earlier.path.name)
    assert opened(path, tmp_path).decisions() == after


def test_without_the_cache_the_decisions_are_known_but_not_the_cells(tmp_path):
    path = stores.v2(tmp_path / "data")
    before = opened(path, tmp_path)
    before.act("keep", before.dataset.stored_units.tolist()[:1], reviewer="ann")
    rewrite(path)
    shutil.rmtree(tmp_path / "cache")
    now = opened(path, tmp_path)
    (earlier,) = earlier_decisions(now.dataset, now.where)
    assert earlier.footprints is None
    assert earlier.decisions.counts()["kept"] == 1
    earlier.path.write_text("not a log\n")
    assert earlier_decisions(now.dataset, now.where) == []
