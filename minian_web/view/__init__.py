"""What is seen: a view takes a state and draws it."""
