"""Rules about how a model is cut over accelerators."""
