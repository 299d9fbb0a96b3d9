"""How measured usage is read."""
