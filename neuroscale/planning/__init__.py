"""From what a model must do to how it is served, filtered by the rules."""
