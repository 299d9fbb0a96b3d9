"""How costs are attributed."""
