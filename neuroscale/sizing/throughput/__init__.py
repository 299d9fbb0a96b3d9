"""How fast a deployment prefills and decodes: rooflines of its ranks, as ranges."""
