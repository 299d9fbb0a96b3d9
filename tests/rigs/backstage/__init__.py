"""A real, headless Backstage backend for the specifications."""
