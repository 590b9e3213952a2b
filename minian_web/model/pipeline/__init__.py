"""The pipeline's mathematics as pure functions: what a parameter does here, it does in minian 2.0.2.

Written from the description of the methods and checked against the pipeline's own files, see the tests.
"""
