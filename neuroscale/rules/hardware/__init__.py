"""Rules about what an accelerator can compute."""
