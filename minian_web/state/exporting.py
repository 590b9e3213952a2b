"""Files made from a movie: a picture of the frame, a clip, the video of the pipeline's result."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import param

from minian_web.errors import BadRequest, MinianWebError, NotWritable
from minian_web.jobs import Deliver, Job, Tick
from minian_web.model.keys import Key
from minian_web.store.films import of_movie
from minian_web.store.made import Made, curated_cells, place_for
from minian_web.store.result_video import FourParts, activity_film, write_result_video
from minian_web.store.video import FRAMERATE, write_film

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.state.screen import Shown
    from minian_web.store.movies import Playable

_NAME = re.compile(r"[\w.\- ]{1,120}")


class Exporting(param.Parameterized):
    """Videos that one page has made, one at a time.

    Parameters
    ----------
    runtime
        Of the process.
    dataset
        Gives the id of the dataset.
    """

    progress = param.Number(None, bounds=(0, 1), allow_None=True, doc="Output: how much of a video is done")
    doing = param.String(doc="Output: what is being written")
    message = param.String(doc="Output: what became of the last video")
    token = param.String(doc="Output: name under which the last video can be downloaded; empty when there is none")
    filename = param.String(doc="Output: its file name")

    def __init__(self, runtime: Runtime, deliver: Deliver, dataset: Callable[[], str]) -> None:
        super().__init__()
        self._runtime, self._deliver, self._dataset = runtime, deliver, dataset
        self._job: Job | None = None

    def cancel(self) -> None:
        """Stop the video that is being written; nothing of it is left."""
        if self._job is not None and self.progress is not None:
            self._job.cancel()
            self.param.update(progress=None, doing="", message="Cancelled; no file was left.")
        self._job = None

    def clip(
        self,
        movie: Playable,
        positions: tuple[int, int],
        limits: tuple[float, float] | None,
        framerate: float | None,
        filename: str,
        *,
        on_server: bool,
    ) -> None:
        """Write a part of a movie, first and last position included, as MP4 with the colour limits of the page."""
        film = of_movie(movie).part(positions[0], positions[1] + 1)
        rate = framerate or FRAMERATE
        self._write(filename, partial(write_film, film, limits=limits, framerate=rate), on_server=on_server)

    def result(
        self, reference: Playable, y: Playable, shown: Shown, filename: str, *, curated: bool, on_server: bool
    ) -> None:
        """Write the video of four parts, before or after curation."""
        runtime, dataset_id, key = self._runtime, self._dataset(), shown.pairing.key
        rate = shown.frame_rate or FRAMERATE

        def write(path: Path, tick: Tick) -> Path:
            parts = self._parts(dataset_id, key, reference, y, curated=curated)
            return write_result_video(parts, path, framerate=rate, tick=tick)

        if runtime.catalog.entry(dataset_id).kind != "dataset":
            raise BadRequest("there are no cells beside these movies to make a result video of")
        self._write(filename, write, on_server=on_server)

    def _parts(self, dataset_id: str, key: Key, reference: Playable, y: Playable, *, curated: bool) -> FourParts:
        dataset = self._runtime.dataset(dataset_id)
        decisions = self._runtime.curation(dataset_id).decisions(key) if curated else None
        film = of_movie(y)
        return FourParts(of_movie(reference), film, activity_film(curated_cells(dataset, key, decisions), film))

    def _write(self, filename: str, write: Callable[..., Path], *, on_server: bool) -> None:
        if self.progress is not None:
            self.message = "A video is being written already; wait for it or cancel it."
            return
        name = _checked(filename)
        path, self.token = self._target(name, on_server=on_server), ""
        self.param.update(progress=0.0, doing=f"Writing {name}", message="")
        self._job = self._runtime.jobs.run(
            lambda tick: write(path, tick=tick),
            done=lambda made: self._made(made, name, on_server=on_server),
            failed=self._failed,
            progress=self._progressed,
            deliver=self._deliver,
            name=f"video {name}",
        )

    def _target(self, name: str, *, on_server: bool) -> Path:
        if not on_server:
            return self._videos.folder() / f"{uuid.uuid4().hex}{Path(name).suffix}"
        if reason := self._runtime.why_not_write(self._dataset()):
            raise NotWritable(reason)
        path = place_for(self._runtime.catalog.entry(self._dataset()).path) / name
        if path.exists():
            raise NotWritable(f"{path}: exists already; choose another name")
        return path

    @property
    def _videos(self) -> Made:
        return self._runtime.made

    def _made(self, path: Path, name: str, *, on_server: bool) -> None:
        token = "" if on_server else self._videos.keep(path, name)
        said = f"Written on the server: {path}" if on_server else f"{name} is ready."
        self.param.update(progress=None, doing="", filename=name, token=token, message=said)

    def _progressed(self, fraction: float) -> None:
        self.progress = min(1.0, fraction)

    def _failed(self, error: Exception) -> None:
        self.param.update(progress=None, doing="", message=str(error))
        if not isinstance(error, MinianWebError | OSError):
            raise error

    def attempt(self, act: Callable[[], Any]) -> None:
        """Do something; what is refused is said."""
        try:
            act()
        except MinianWebError as error:
            self.message = str(error)


def _checked(filename: str) -> str:
    name = filename.strip() or "movie"
    if not _NAME.fullmatch(name) or name.startswith("."):
        allowed = "letters, digits, space, point, dash and underscore"
        raise BadRequest(f"{name[:40]!r} cannot be a file name here; it may hold {allowed}")
    return name if name.lower().endswith(".mp4") else f"{name}.mp4"
