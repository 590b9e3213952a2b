"""The steps of the pipeline that the Parameter Explorer tries: each with its form and its work."""
