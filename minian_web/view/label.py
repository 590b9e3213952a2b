"""Texts that change while a person works.

A pane of Panel sends its style sheets with each change, and has all models of the document walked: 30 ms on a page with
a few figures. A `Label` sends its text.
"""

from __future__ import annotations

import param
from panel.custom import JSComponent

from minian_web import assets


class Label(JSComponent):
    """A piece of markup made by us; whatever came from a file or a person must be escaped in it."""

    markup = param.String(doc="Input: HTML to show")

    _esm = assets.text("label.js")
