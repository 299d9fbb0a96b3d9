"""Pages for people: a form over an action, and its answer drawn."""
