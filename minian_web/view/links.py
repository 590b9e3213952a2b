"""The only place that makes addresses of pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import panel as pn
import param

LEAST, MOST = -(2**63), 2**63 - 1  # what a coordinate of whole numbers can hold

TITLES = {
    "home": "Home",
    "movie_viewer": "Movie Viewer",
    "cnmf_review": "CNMF Review",
    "cross_registration": "Cross-Registration",
    "parameter_explorer": "Parameter Explorer",
}


def href(page: str, dataset: str = "") -> str:
    """Address of a page, with the dataset in it so that the link can be mailed."""
    base = pn.state.base_url if pn.state.base_url.endswith("/") else f"{pn.state.base_url}/"
    address = base if page == "home" else f"{base}{page}"
    return f"{address}?dataset={quote(dataset, safe='/')}" if dataset else address


def requested(name: str) -> str:
    """Give a parameter of the page's address as text, empty when absent.

    Panel's own parsing makes numbers of names such as `2024` and `1e5`.
    """
    given = (pn.state.session_args or {}).get(name) or [b""]
    return given[0].decode("utf-8", errors="replace")


def query_of(values: Mapping[str, str]) -> str:
    """Give the query of an address; what is empty is left out."""
    return "&".join(f"{quote(name)}={quote(value, safe='/')}" for name, value in values.items() if value)


def value_of(parameter: param.Parameter, text: str) -> Any:
    """Give what a text in the address means for a parameter.

    Raises
    ------
    ValueError
        If it means nothing.
    """
    if isinstance(parameter, param.Integer):
        return _whole(text)
    if isinstance(parameter, param.Number):
        return float(text)
    if isinstance(parameter, param.Boolean):
        return {"True": True, "False": False}[text] if text in ("True", "False") else bool(int(text))
    return text


def _whole(text: str) -> int:
    number = int(text)
    if not LEAST <= number <= MOST:
        raise ValueError(f"{number} is no number that an array can hold")
    return number
