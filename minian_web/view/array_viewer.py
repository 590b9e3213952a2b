"""`VArrayViewer`: the Movie Viewer for arrays of a notebook."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import holoviews as hv
import panel as pn
import xarray as xr

from minian_web.errors import BadRequest
from minian_web.state.movie import SEPARATOR, MovieState
from minian_web.state.notebook import TITLE, Mask, Notebook, summary_names
from minian_web.state.replies import replies
from minian_web.view.delivery import Delivery
from minian_web.view.movie import MovieView
from minian_web.view.shading import warm_up

_log = logging.getLogger(__name__)

HEIGHT = 760  # pixels


class VArrayViewer:
    """Interactive visualization for movie data arrays: the Movie Viewer in a notebook.

    Parameters
    ----------
    varr
        One array with dimensions frame, height, width; a list of them, told apart by their names; or a dataset, whose
        movies are told apart by `meta_dims`. In memory or lazy (dask); it is not changed.
    framerate
        Frames a second when playing.
    summary
        Statistics of each frame that are shown: any of mean, max, min, diff. None or empty: the panel is left out.
    meta_dims
        Of a dataset: dimensions that tell its movies apart.
    datashading
        Whether the statistics are datashaded; otherwise they are plain curves.
    layout
        Whether all arrays are shown side by side, with one clock and linked zoom; otherwise one dropdown for each
        metadata dimension chooses the array.

    Attributes
    ----------
    mask : dict
        Changed by the button "Update Mask" only. Keys are tuples of the metadata values, `()` for a single array;
        values are dicts of dimension names to slices, for `xarray.DataArray.sel`.

    Raises
    ------
    NotImplementedError
        If `varr` is neither an array, a list of arrays nor a dataset.
    BadRequest
        If an array has other dimensions, or names in a list are missing or equal.
    ValueError
        If a summary is unknown, or the frame rate is not above 0.
    """

    def __init__(
        self,
        varr: xr.DataArray | list[xr.DataArray] | xr.Dataset,
        framerate: float = 30,
        summary: Sequence[str] | None = ["mean"],
        meta_dims: Sequence[str] | None = None,
        datashading: bool = True,
        layout: bool = False,
    ) -> None:
        if not framerate > 0:
            raise BadRequest(f"framerate: expected a number above 0, found {framerate}")
        self._framerate, self._datashading, self._layout = framerate, datashading, layout
        self._summary = summary_names(summary)
        self._arrays = Notebook(varr, meta_dims)
        if datashading and self._summary:
            self._arrays.jobs.run(lambda _tick: warm_up(), done=lambda _: None, failed=_log_failure, name="compile")

    @property
    def mask(self) -> Mask:
        """Masks by metadata values; see the class."""
        return self._arrays.mask

    def show(self) -> pn.viewable.Viewable:
        """Give the viewer, to be shown as the last value of a notebook's cell or served by Panel."""
        hv.extension("bokeh", logo=False)
        view = self._view()
        return pn.Column(view, height=HEIGHT, sizing_mode="stretch_width")

    def _view(self) -> MovieView:
        deliver = _delivery()
        arrays: Any = self._arrays  # has what a page needs of a runtime
        state = MovieState(arrays, deliver, look=arrays.about, keeper=arrays, dataset=TITLE, shows=self._summary)
        if self._layout:
            state.beside = SEPARATOR.join(one.movie.name for one in arrays.about().movies)
        view = MovieView(state, replies(arrays, deliver), over_websocket=True, datashading=self._datashading)
        view.player.fps = float(self._framerate)
        state.open()
        pn.state.on_session_destroyed(lambda _context: state.close())
        return view


def _log_failure(error: Exception) -> None:
    _log.error("what was found could not be shown", exc_info=error)


def _delivery() -> Callable[[Callable[[], None]], None]:
    """The way to the thread of the document; in a notebook without a server callbacks run where they are."""
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        return lambda callback: callback()
    delivery = Delivery(document, _log_failure)
    pn.state.onload(delivery.begin)
    return delivery
