from __future__ import annotations

import numpy as np
import pytest

from minian_web.demo import write_demo
from minian_web.errors import NotWritable
from tests import stores


def test_demo_holds_two_sessions_of_one_animal_and_one_of_another(tmp_path):
    told = []
    datasets = write_demo(tmp_path / "demo", stores.SMALL, tell=told.append)
    assert [str(path.relative_to(tmp_path / "demo")) for path in datasets] == [
        "mouse1/session1/minian",
        "mouse1/session2/minian",
        "mouse2/session1/minian",
    ]
    assert len(told) == 3
    movies = sorted(path.name for path in (datasets[0].parent / "minian_intermediate").iterdir())
    assert movies == ["Y_fm_chk.zarr", "varr.zarr"]
    assert [path.name for path in datasets[1].parent.iterdir()] == ["minian"]


def test_demo_opens_the_way_minian_does_with_identity_labels(tmp_path):
    for path in write_demo(tmp_path, stores.SMALL):
        opened = stores.open_minian(path)
        assert set(opened.data_vars) >= {"A", "C", "S", "b", "f", "b0", "c0", "YrA", "max_proj", "motion"}
        assert np.array_equal(opened["unit_labels"], opened["unit_id"])
        assert str(opened["animal"].values) == path.parts[-3]


def test_demo_needs_an_empty_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NotWritable, match="new or an empty folder"):
        write_demo(tmp_path, stores.SMALL)
    with pytest.raises(NotWritable):
        write_demo(tmp_path / "notes.txt", stores.SMALL)
