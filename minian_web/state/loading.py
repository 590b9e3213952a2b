"""All traces of a session in memory, when a reviewer wants to wait once instead of at each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import param

from minian_web.state.working import Working

if TYPE_CHECKING:
    from minian_web.jobs import Job
    from minian_web.model.footprints import Footprints
    from minian_web.model.walk import Walk
    from minian_web.state.traces import TraceReader

__all__ = ["Loading"]


class Loading(Working):
    """What `ReviewData` can preload; all that it uses is there."""

    loading = param.Boolean(False, doc="Output: all traces are being loaded")

    opened: Any
    footprints: Footprints | None
    walk: Walk
    _reader: TraceReader | None
    _loading: Job | None = None

    @property
    def needs(self) -> int:
        """Bytes that all traces of the session take in memory."""
        if self.opened is None or self.footprints is None:
            return 0
        dataset = self.opened.dataset
        names = sum(dataset.has(name) for name in ("C", "S", "YrA"))
        return names * len(self.footprints.unit_ids) * dataset.frames.size * 4

    def load_all(self) -> None:
        """Read all traces into memory, so that no group has to wait for the disk; a second call stops that."""
        reader = self._reader
        if self._loading is not None:
            self._loading.cancel()
            self._loaded("Loading was stopped; traces are read when they are looked at.")
            return
        if reader is None or self.footprints is None:
            return
        units = [int(unit) for unit in self.walk.order]
        self.param.update(progress=0.0, doing="Loading all traces", loading=True)

        def keep(found: Any) -> None:
            reader.keep_all(found)
            self._loaded(f"All traces are in memory: {reader.held / 2**20:.1f} MB.")

        def failed(error: Exception) -> None:
            self._loaded(str(error))

        progress = lambda fraction, *_: self._set(progress=fraction)  # noqa: E731
        self._run(lambda tick: reader.load(units, tick), keep, failed=failed, progress=progress, name="load traces")
        self._loading = self._started[-1]

    def _loaded(self, message: str) -> None:
        self._loading = None
        self.param.update(progress=None, loading=False, message=message)
