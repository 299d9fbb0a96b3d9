"""What `deploy/` ships, as the real API server takes it."""
