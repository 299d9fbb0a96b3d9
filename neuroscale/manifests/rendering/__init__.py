"""The files of an endpoint, rendered from what was asked for and how it will be served."""
