"""The background audit: the objects that the cluster holds already, judged off the admission path."""
