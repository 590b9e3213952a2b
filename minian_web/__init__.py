"""minian-web: look at, curate and compare the results of the miniscope pipeline minian."""

__version__ = "0.1.0"
