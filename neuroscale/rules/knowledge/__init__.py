"""The rule that says what could not be judged."""
