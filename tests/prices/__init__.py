"""How prices are stated."""
