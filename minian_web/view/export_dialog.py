"""What the reviewer can take away: labels, traces, the dataset after curation."""

from __future__ import annotations

import html
from typing import Any

import panel as pn

from minian_web.state.review import ReviewState
from minian_web.view.shell import dialog, download
from minian_web.view.strip import Strip, switch
from minian_web.view.strip import button as strip_button

__all__ = ["ExportDialog"]


class ExportDialog:
    """A dialog that makes files in the background."""

    def __init__(self, state: ReviewState) -> None:
        self._state, self._exports = state, state.exporting
        name = state.dataset.replace("/", "_") or "labels"
        self._status = pn.pane.HTML(sizing_mode="stretch_width", margin=(8, 0, 0, 0))
        self._make = Strip(
            strip_button("traces", "Traces as CSV (zip)", lambda: self._start("traces"), "Frame x cell: C, S, YrA"),
            strip_button("mat", "Traces for MATLAB", lambda: self._start("mat"), "C, S, YrA and footprints, .mat v5"),
            strip_button("dataset", "Dataset on the server", self._write, "Discarded dropped, merged combined"),
            strip_button("cancel", "Cancel", self._exports.cancel, hidden=True),
            margin=(6, 0),
        )
        only = Strip(switch(self._exports, "accepted_only", "Without the undecided cells"), margin=(2, 0))
        forms = (("Table (CSV)", f"{name}_labels.csv", "csv"), ("zarr (zip)", f"{name}_labels.zarr.zip", "zarr"))
        after = [
            _heading(
                "Cells after curation",
                "Discarded units are left out, units of one cell combined: the mean, as minian's unit_merge.",
            ),
            only.follow(self._exports, ["accepted_only"]),
            self._make,
            self._status,
        ]
        self.pane = dialog(
            "Export",
            _heading("Labels", "What was decided about each unit."),
            pn.Row(*(self._download(label, file, form) for label, file, form in forms), margin=0),
            *(after if state.served else ()),
        )
        self._exports.param.watch(lambda *_: self._tell(), ["progress", "message", "token"])

    def open(self) -> None:
        """Show it, and make the labels anew."""
        self._state.prepare_exports()
        self.pane.open = True

    def _start(self, form: str) -> None:
        if self._state.opened is not None:
            self._exports.make(form, self._state.opened, self._state.label_set)

    def _write(self) -> None:
        if self._state.opened is not None:
            self._exports.write_dataset(self._state.opened, self._state.label_set)

    def _tell(self) -> None:
        exports = self._exports
        busy = exports.progress is not None
        for name in ("traces", "mat", "dataset"):
            self._make.change(name, disabled=busy)
        self._make.change("cancel", hidden=not busy)
        text = f"{exports.doing}: {100 * (exports.progress or 0):.0f} %" if busy else exports.message
        link = (
            f' <a href="files/{exports.token}" download="{html.escape(exports.filename)}">Download</a>'
            if exports.token
            else ""
        )
        self._status.object = f'<div role="status">{html.escape(text)}{link}</div>'

    def _download(self, label: str, file: str, form: str) -> Any:
        return download(label, file, lambda: self._state.export(form), margin=(4, 8, 4, 0), width=180)


def _heading(title: str, text: str) -> pn.pane.HTML:
    return pn.pane.HTML(f"<b>{title}</b><br>{text}", margin=(8, 0, 4, 0), sizing_mode="stretch_width")
