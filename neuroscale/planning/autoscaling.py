"""When an endpoint gains and loses replicas."""

import math

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import AutoscalingPlan, Demand
from neuroscale.sizing.throughput.prefill import prefill

# A replica whose queue is this deep is saturated; the threshold of llm-d's Workload Variant Autoscaler
# (docs/saturation-scaling-config.md, 2026-02-19).
WAITING_REQUESTS_PER_REPLICA = 5

# What is granted beyond the prefill itself, and where nothing is known of it.
_SLACK_SECONDS = 1.0
_UNKNOWN_PREFILL_SECONDS = 2.0

_SHORTEST_STABILIZATION_SECONDS = 300
_LONGEST_STABILIZATION_SECONDS = 3600  # what a HorizontalPodAutoscaler takes at most


def autoscaling_plan(
    architecture: ModelArchitecture,
    settings: EngineSettings,
    accelerator: Accelerator,
    demand: Demand,
    context_length_tokens: int,
    load_seconds: float,
) -> AutoscalingPlan:
    """Return when replicas are added and dropped.

    One is added when requests queue, or when the 95th percentile of the time to the first token is over what was
    asked for; where nothing was, over what a long prompt prudently takes on an idle replica and some slack. A long
    prompt is twice the typical one where that is stated, and fills the context where it is not.
    """
    threshold_seconds = demand.time_to_first_token_seconds
    if threshold_seconds is None:
        typical = demand.prompt_tokens
        long = context_length_tokens if typical is None else min(2 * typical, context_length_tokens)
        prompt = prefill(architecture, settings, accelerator, long)
        prompt_seconds = _UNKNOWN_PREFILL_SECONDS if prompt is None else prompt.seconds.pessimistic_seconds
        threshold_seconds = round(prompt_seconds + _SLACK_SECONDS, 1)
    return AutoscalingPlan(WAITING_REQUESTS_PER_REPLICA, threshold_seconds, stabilization_seconds(load_seconds))


def stabilization_seconds(load_seconds: float) -> int:
    """Return how long the need must be lower before a replica is dropped: twice what it takes to get one back."""
    window_seconds = max(_SHORTEST_STABILIZATION_SECONDS, 2 * math.ceil(load_seconds))
    return min(window_seconds, _LONGEST_STABILIZATION_SECONDS)
