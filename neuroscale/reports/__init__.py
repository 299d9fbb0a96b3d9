"""Findings as text, Markdown and machine formats."""
