"""The `neuroscale` command."""
