"""`CNMFViewer`: CNMF Review for arrays of a notebook."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable
from typing import Any

import holoviews as hv
import panel as pn
import xarray as xr

from minian_web.state.notebook_review import NotebookReview
from minian_web.state.replies import replies
from minian_web.state.review import ReviewState
from minian_web.view.delivery import Delivery
from minian_web.view.review import ReviewView

_log = logging.getLogger(__name__)

HEIGHT = 860  # pixels
SECONDS_TO_SETTLE = 2.0  # the kernel has nobody else to wait for


class CNMFViewer:
    """Interactive visualization for CNMF results: CNMF Review in a notebook.

    Parameters
    ----------
    minian
        Dataset with all that is not given apart. None: everything must be given.
    A
        Spatial footprints of cells, `(unit_id, height, width)`; `minian["A"]` by default.
    C, S
        Calcium dynamic and deconvolved spikes of cells, `(unit_id, frame)`; `minian["C"]` and `minian["S"]` by default.
    org
        Any movie to be shown along with the results, `(frame, height, width)`; further dimensions are metadata
        dimensions. `minian["org"]` by default.
    sortNN
        Whether units are gone through in groups of neighbours, as `NNsort` sorts them; otherwise in groups of 5 by
        ascending unit_id.

    Attributes
    ----------
    unit_labels : xarray.DataArray
        Result of the manual refinement on `unit_id` (and the metadata dimensions): equal values are one cell, -1 is
        discarded. Saved labels, as coordinate of A or variable of `minian`, are gone on from.

    Raises
    ------
    BadRequest
        If A, C, S or org is neither given nor in `minian`, naming it.
    """

    def __init__(
        self,
        minian: xr.Dataset | None = None,
        A: xr.DataArray | None = None,
        C: xr.DataArray | None = None,
        S: xr.DataArray | None = None,
        org: xr.DataArray | None = None,
        sortNN: bool = True,
    ) -> None:
        self._arrays = NotebookReview(minian, A=A, C=C, S=S, org=org)
        self._nearby = sortNN

    @property
    def unit_labels(self) -> xr.DataArray:
        """Labels of all units as they are now; see the class."""
        return self._arrays.unit_labels

    def show(self) -> pn.viewable.Viewable:
        """Give the viewer, to be shown as the last value of a notebook's cell or served by Panel."""
        hv.extension("bokeh", logo=False)
        return pn.Column(self._view(), height=HEIGHT, sizing_mode="stretch_width")

    def _view(self) -> ReviewView:
        deliver = _delivery()
        arrays: Any = self._arrays  # has what a page needs of a runtime
        state = ReviewState(arrays, deliver, dataset="notebook", reviewer=_user(), nearby=self._nearby, served=False)
        view = ReviewView(state, replies(arrays, deliver))
        state.open()
        if isinstance(deliver, Delivery):
            deliver.settle(lambda: state.opened is not None or bool(state.error), SECONDS_TO_SETTLE)
            pn.state.on_session_destroyed(lambda _context: deliver.end())
        pn.state.on_session_destroyed(lambda _context: state.close())
        return view


def _delivery() -> Callable[[Callable[[], None]], None]:
    """The way to the thread of the document; in a notebook without a server callbacks run where they are."""
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        return lambda callback: callback()
    made = Delivery(document, lambda error: _log.error("the viewer failed", exc_info=error))
    pn.state.onload(made.begin)
    return made


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for its user
        return "notebook"
