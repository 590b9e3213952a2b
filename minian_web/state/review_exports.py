"""What can be taken away after curation: tables, MATLAB files, the cleaned dataset."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import MinianWebError, NotWritable
from minian_web.jobs import Deliver, Job, Tick
from minian_web.store.cleaned import write_cleaned
from minian_web.store.trace_tables import mat_bytes, traces_zip

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.state.review_data import Opened

__all__ = ["FORMS", "ReviewExports", "place_for_cleaned"]

FORMS = {"traces": "traces.zip", "mat": "traces.mat"}


class ReviewExports(param.Parameterized):
    """Files of one page, made one at a time."""

    accepted_only = param.Boolean(False, doc="Input: leave out the undecided cells")
    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of a file is done")
    doing = param.String(doc="Output: what is being made")
    message = param.String(doc="Output: what became of the last one")
    token = param.String(doc="Output: name under which the last file can be downloaded; empty when there is none")
    filename = param.String(doc="Output: its file name")

    def __init__(self, runtime: Runtime, deliver: Deliver) -> None:
        super().__init__()
        self._runtime, self._deliver = runtime, deliver
        self._job: Job | None = None

    def cancel(self) -> None:
        """Stop what is being made; nothing of it is left."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.param.update(progress=None, doing="", message="Cancelled; nothing was left.")

    def make(self, form: str, opened: Opened, label_set: str = "main") -> None:
        """Make a file of `FORMS` for download."""
        curation, key = opened.curation, opened.key
        options: dict[str, Any] = {"label_set": label_set, "accepted_only": self.accepted_only}
        name = f"{opened.dataset.id.replace('/', '_') or opened.dataset.path.stem}_{FORMS[form]}"
        made = {"traces": traces_zip, "mat": mat_bytes}[form]

        def work(tick: Tick) -> Path:
            path = self._runtime.made.folder() / f"{uuid.uuid4().hex}{Path(name).suffix}"
            path.write_bytes(made(curation, key, tick=tick, **options))
            return path

        self._run(work, lambda path: self._offer(path, name), f"Making {name}")

    def write_dataset(self, opened: Opened, label_set: str = "main") -> None:
        """Write the dataset after curation beside the dataset, as `place_for_cleaned`."""
        dataset_id, curation, accepted_only = opened.dataset.id, opened.curation, self.accepted_only

        def work(tick: Tick) -> tuple[Path, dict[str, int]]:
            if reason := self._runtime.why_not_write(dataset_id):
                raise NotWritable(reason)
            path = place_for_cleaned(opened.dataset.path)
            path.parent.mkdir(exist_ok=True)
            count = write_cleaned(path, curation, label_set=label_set, accepted_only=accepted_only, tick=tick)
            return path, count

        def say(result: tuple[Path, dict[str, int]]) -> None:
            path, count = result
            self._end(message=f"Written on the server: {path} ({count['units']} units became {count['cells']} cells).")

        self._run(work, say, "Writing the dataset after curation")

    def _run(self, work: Any, done: Any, doing: str) -> None:
        if self._job is not None:
            self.message = "Something is being made already; wait for it or cancel it."
            return
        self.param.update(progress=0.0, doing=doing, message="", token="")
        self._job = self._runtime.jobs.run(
            work, done=done, failed=self._failed, progress=self._progressed, deliver=self._deliver, name=doing
        )

    def _progressed(self, fraction: float, *_: object) -> None:
        self.progress = min(fraction, 1.0)

    def _offer(self, path: Path, name: str) -> None:
        self._end(message=f"{name} is ready.", filename=name, token=self._runtime.made.keep(path, name))

    def _end(self, **outputs: str) -> None:
        self._job = None
        self.param.update(progress=None, doing="", **outputs)

    def _failed(self, error: Exception) -> None:
        self._end(message=str(error))
        if not isinstance(error, MinianWebError | OSError):
            raise error


def place_for_cleaned(path: Path) -> Path:
    """Folder for the dataset after curation: `curated/minian` beside it, with a number where that is taken."""
    name = path.stem if path.suffix in (".nc", ".zarr") else path.name
    number = 1
    while (place := path.parent / (f"curated_{number}" if number > 1 else "curated") / name).exists():
        number += 1
    return place
