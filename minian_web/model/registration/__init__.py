"""Matching of cells across sessions: pure computation."""
