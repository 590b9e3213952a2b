"""The Parameter Explorer as it is drawn."""
