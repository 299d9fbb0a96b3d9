"""What engines reported of their memory, and what the model says of the same deployments."""
