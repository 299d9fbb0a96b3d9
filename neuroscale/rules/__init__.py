"""The rules: one file each, grouped by family, and the judgement that runs them."""
