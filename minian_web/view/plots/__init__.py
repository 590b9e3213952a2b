"""Plots of the notebook API, as HoloViews objects."""
