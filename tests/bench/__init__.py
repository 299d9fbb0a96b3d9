"""Measurements, printed as tables."""
