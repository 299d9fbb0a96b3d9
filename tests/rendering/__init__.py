"""The files of an endpoint."""
