"""Plots of the notebook API, as HoloViews objects."""

import holoviews.plotting.bokeh  # noqa: F401 - options are checked against a backend, which must be there
