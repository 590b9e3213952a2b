"""Acts on a dataset until it is killed, and says after each durable action what was saved; for `test_kill`."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from minian_web.errors import BadRequest, Conflict
from minian_web.store.curation import open_curation
from minian_web.store.datasets import open_dataset


def main(path: Path, state_dir: Path, seed: int) -> None:
    """Act as a fast reviewer does; every action is followed by the write of the arrays."""
    curation = open_curation(open_dataset(path, "r/minian"), state_dir=state_dir)
    assert curation.writable, curation.read_only_reason
    choose, ids = random.Random(seed), curation.dataset.unit_ids().tolist()
    print("ready", flush=True)
    while True:
        kind = choose.choice(["keep", "discard", "merge", "unmerge", "undo", "redo"])
        try:
            if kind in ("undo", "redo"):
                line = getattr(curation, kind)(reviewer="ann")
            else:
                line = curation.act(kind, choose.sample(ids, 2 if kind == "merge" else 1), reviewer="ann")
        except (BadRequest, Conflict):
            continue
        print("saved", line.id, flush=True)
        if choose.random() < 0.8:
            curation.write_arrays()
            print("written", line.id, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
