"""Everything that is needed to run NeuroScale: on this machine, and in a cluster."""
