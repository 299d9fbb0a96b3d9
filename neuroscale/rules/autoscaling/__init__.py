"""Rules about what scales an endpoint, and on which signal."""
