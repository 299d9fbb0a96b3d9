"""The webhook's certificates: made for development, checked, and renewed while serving."""
