"""Rules about weights, context and the memory that has to hold them."""
