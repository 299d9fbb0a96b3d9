"""Repairs of texts."""
