"""When an endpoint gains and loses replicas."""

import math

# A replica whose queue is this deep is saturated; the threshold of llm-d's Workload Variant Autoscaler
# (docs/saturation-scaling-config.md, 2026-02-19).
WAITING_REQUESTS_PER_REPLICA = 5

_SHORTEST_STABILIZATION_SECONDS = 300
_LONGEST_STABILIZATION_SECONDS = 3600  # what a HorizontalPodAutoscaler takes at most


def stabilization_seconds(load_seconds: float) -> int:
    """Return how long the need must be lower before a replica is dropped: twice what it takes to get one back."""
    window_seconds = max(_SHORTEST_STABILIZATION_SECONDS, 2 * math.ceil(load_seconds))
    return min(window_seconds, _LONGEST_STABILIZATION_SECONDS)
