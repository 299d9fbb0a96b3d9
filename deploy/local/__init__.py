"""Both services on this machine, without a cluster."""
