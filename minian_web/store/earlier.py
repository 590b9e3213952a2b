"""Decisions about cells that the pipeline has rewritten since: logs that were put aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minian_web.errors import MinianWebError
from minian_web.model.decisions import Decisions
from minian_web.store.footprints import kept
from minian_web.store.history import MAIN
from minian_web.store.log import read_log

if TYPE_CHECKING:
    from minian_web.model.footprints import Footprints
    from minian_web.model.keys import Key
    from minian_web.store.datasets import Dataset

__all__ = ["Earlier", "earlier_decisions"]


@dataclass(frozen=True)
class Earlier:
    """Decisions about one session as they were when the pipeline rewrote its cells.

    Attributes
    ----------
    path
        The log that was put aside.
    footprints
        Of the cells then; None when the cache no longer has them.
    """

    path: Path
    decisions: Decisions
    footprints: Footprints | None


def earlier_decisions(dataset: Dataset, log: Path, key: Key = ()) -> list[Earlier]:
    """Logs put aside beside `log` that hold decisions about this session, the latest first; damaged ones left out."""
    pattern = log.name.removesuffix("curation.jsonl") + "curation.*.jsonl"
    paths = sorted((path for path in log.parent.glob(pattern) if path != log), reverse=True)
    return [found for path in paths if (found := _read(dataset, path, key)) is not None]


def _read(dataset: Dataset, path: Path, key: Key) -> Earlier | None:
    try:
        content = read_log(path)
        guards = [one.guard for one in content.bindings]
        known = [kept(dataset.cache, f"{guard} {key}") for guard in reversed(guards)]
        footprints = next((one for one in known if one is not None), None)
        units = sorted({unit for line in content.lines for its, unit in line.units if its == key})
        decisions = Decisions.from_labels(np.array(units, np.int64) if footprints is None else footprints.unit_ids)
        for line in content.lines:
            if line.label_set == MAIN:
                here = [(unit, one) for (its, unit), one in zip(line.units, line.after, strict=True) if its == key]
                decisions = decisions.replaced([unit for unit, _ in here], [one for _, one in here])
    except (MinianWebError, OSError):
        return None
    return Earlier(path, decisions, footprints) if (decisions.statuses() != "undecided").any() else None
