"""Rules about how an engine starts, is asked whether it lives, and where it writes."""
