"""State of each page: inputs, outputs and actions; no Panel, testable without a browser."""
