"""Repairs that are certain, written into the text that people keep: comments, order and layout stay."""
