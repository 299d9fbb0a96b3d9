"""Rules about what one serving engine alone enforces."""
