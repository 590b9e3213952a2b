"""Measure the budgets of docs/performance.md: `python -m benchmarks`, or one of them by its module."""
