"""Weights, KV cache and overhead per rank, each with its bounds."""
