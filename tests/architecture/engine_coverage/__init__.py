"""What the engines serve, and which of it is described."""
