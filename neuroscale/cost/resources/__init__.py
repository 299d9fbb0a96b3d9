"""What a set of manifests occupies, and what a change of them adds or frees."""
