"""What the documents show is what the programs do."""
