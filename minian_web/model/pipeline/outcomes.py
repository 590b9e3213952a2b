"""What came of one combination of parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

import xarray as xr

from minian_web.model.pipeline.forms import Combination


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one combination of parameters.

    Attributes
    ----------
    combination
        Values by section and parameter.
    arrays
        Results by name, with coordinates.
    facts
        Lines for a person: counts, figures, what was left out and why.
    error
        Why there is no result; empty when there is one.
    origin
        Where it was read from; empty when it was computed just now.
    """

    combination: Combination
    arrays: dict[str, xr.DataArray] = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    error: str = ""
    origin: str = ""
