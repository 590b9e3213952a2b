"""Pure functions and frozen dataclasses on numpy arrays: no UI, no files, no global state."""
