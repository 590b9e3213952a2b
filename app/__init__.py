"""Pages: one file is one address."""
