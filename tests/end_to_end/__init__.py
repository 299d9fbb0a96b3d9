"""The whole way: from a form to an admission decision."""
