"""`AlignViewer`: the overlay of Cross-Registration in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

from minian_web.state.align import AlignState
from minian_web.view.registration_panel import OverlayPanel

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class AlignViewer(pn.viewable.Viewer):
    """Sessions as red, green and blue footprints in one overlay, with the tools of the page.

    Shown by a notebook as it is, or by `show()`. The footprints are moved by `shiftds["shifts"]` in whole pixels, as
    minian's `apply_shifts` does. The overlay can be zoomed; the pointer names session, unit and match.

    Parameters
    ----------
    minian_ds : xarray.Dataset
        With `A` on (session, unit_id, height, width), and possibly metadata dimensions such as `animal`.
    cents : pandas.DataFrame
        Centroids, with columns session, unit_id, height, width.
    mappings : pandas.DataFrame
        Which units are one cell, columns ("session", name), ("group", "group"), possibly ("meta", name).
    shiftds : xarray.Dataset
        With `shifts` on (session, shift_dim).
    brt_offset : float
        Added to the colours, which go from 0 to 1; the result is clipped. 0 by default.

    Raises
    ------
    DataError
        If one of the arguments does not hold what it should, naming it.

    Attributes
    ----------
    state
        What is shown: `session_r`, `session_g`, `session_b`, `erode`, `show_matched`, `show_unmatched`, `matches`.
    """

    def __init__(
        self,
        minian_ds: xr.Dataset,
        cents: pd.DataFrame,
        mappings: pd.DataFrame,
        shiftds: xr.Dataset,
        brt_offset: float = 0,
    ) -> None:
        super().__init__()
        self.state = AlignState(minian_ds, cents, mappings, shiftds)
        bounds = self.state.param.brightness.bounds
        self.state.param.brightness.bounds = (min(bounds[0], brt_offset), max(bounds[1], brt_offset))
        self.state.brightness = float(brt_offset)
        self._panel = OverlayPanel(self.state)

    def show(self) -> pn.Column:
        """Give the viewer as a component of Panel."""
        return pn.Column(self._panel, width=760, height=720)

    def __panel__(self) -> pn.Column:
        return self.show()
