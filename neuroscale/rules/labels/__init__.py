"""Rules about the labels that cost tooling and policies read."""
