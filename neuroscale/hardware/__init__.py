"""Accelerators, and the node labels and resource names that name them."""
