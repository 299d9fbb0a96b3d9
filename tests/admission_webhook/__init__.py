"""Specifications of the admission webhook."""
