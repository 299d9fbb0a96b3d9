"""A demand on an endpoint, and the plan that meets it."""

from collections.abc import Mapping
from dataclasses import dataclass

from neuroscale.hardware.accelerator import Accelerator


@dataclass(frozen=True, slots=True)
class Demand:
    """What the endpoint must do.

    Attributes:
        context_length_tokens: Longest prompt plus answer; None takes the model's own maximum.
        concurrent_requests: Requests that must be in flight at once without queueing, at the longest context.
    """

    context_length_tokens: int | None
    concurrent_requests: int


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """Memory of one accelerator under a plan, in bytes; the pessimistic figure of each estimate."""

    accelerator_bytes: int
    usable_bytes: int
    weights_bytes: int
    overhead_bytes: int
    kv_cache_bytes: int
    kv_cache_bytes_per_request: int


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """How a model is served: the answer that replaces GPU counts and parallelism in the form."""

    accelerator: Accelerator
    accelerators_per_replica: int
    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    enable_expert_parallel: bool
    engine: str
    engine_version: str
    image: str
    arguments: tuple[str, ...]
    context_length_tokens: int
    concurrent_requests_per_replica: int
    minimum_replicas: int
    maximum_replicas: int
    memory: MemoryBudget
    load_seconds: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedPlan:
    """A candidate that was not taken, and the rule or bound that refused it."""

    description: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanningResult:
    """Plans from best to worst, and what was refused on the way."""

    plans: tuple[ServingPlan, ...]
    refused: tuple[RefusedPlan, ...]
    labels: Mapping[str, str]
