"""A demand on an endpoint, and the plan that meets it."""

from dataclasses import dataclass

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator


@dataclass(frozen=True, slots=True)
class Demand:
    """What the endpoint must do.

    Attributes:
        context_length_tokens: Longest prompt plus answer; None takes the model's own maximum.
        concurrent_requests: Requests that must be in flight at once without queueing, each at the longest context.
        least_replicas: Replicas that must run whatever the load; 2 keeps an endpoint up while a node is drained.
    """

    context_length_tokens: int | None = None
    concurrent_requests: int = 1
    least_replicas: int = 1


def least_replicas_in(environment: str) -> int:
    """Return the replicas that an environment keeps whatever the load: production survives a drained node."""
    return 2 if environment == "production" else 1


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Memory of one accelerator under a plan, in bytes; of every estimate the pessimistic figure.

    Attributes:
        accelerator_bytes: What the device has.
        usable_bytes: What the engine may take of it.
        weights_bytes: Weights that this device holds.
        overhead_bytes: Activations, graphs and communication buffers.
        kv_cache_bytes: What remains for the KV cache.
        kv_cache_bytes_per_request: KV cache of one request at the longest context, on this device.
    """

    accelerator_bytes: int
    usable_bytes: int
    weights_bytes: int
    overhead_bytes: int
    kv_cache_bytes: int
    kv_cache_bytes_per_request: int


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """How a model is served: the answer that replaces GPU counts and parallelism in the form.

    Attributes:
        accelerator: Kind of accelerator.
        settings: What the engine is told.
        context_length_tokens: Longest request that is accepted.
        concurrent_requests_per_replica: Requests at the longest context that one replica runs at once.
        minimum_replicas: Replicas that always run.
        maximum_replicas: Replicas the autoscaler may reach.
        memory: Budget of one accelerator.
        checkpoint_bytes: Weights as they are stored and downloaded.
        load_seconds: Upper estimate from the start of the container to the first answer.
        time_to_first_token_seconds: 95th percentile above which a replica is added.
    """

    accelerator: Accelerator
    settings: EngineSettings
    engine_version: Version
    context_length_tokens: int
    concurrent_requests_per_replica: int
    minimum_replicas: int
    maximum_replicas: int
    memory: MemoryPlan
    checkpoint_bytes: int
    load_seconds: float
    time_to_first_token_seconds: float

    @property
    def accelerators_per_replica(self) -> int:
        """Accelerators of one replica, all in one pod."""
        return self.settings.world_size

    @property
    def occupied_memory_bytes(self) -> int:
        """Accelerator memory of all replicas that always run: what the plan costs, as long as no price is known."""
        return self.minimum_replicas * self.accelerators_per_replica * self.accelerator.memory_bytes


@dataclass(frozen=True, slots=True)
class RefusedPlan:
    """A candidate that was not taken.

    Attributes:
        accelerator: Name of the accelerator.
        arguments: Engine arguments of the candidate.
        rule: Id of the rule that refused it; "" when memory did.
        reason: The finding's message, or the sum that does not fit.
    """

    accelerator: str
    arguments: tuple[str, ...]
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanningResult:
    """Plans from best to worst, and what was refused on the way."""

    plans: tuple[ServingPlan, ...]
    refused: tuple[RefusedPlan, ...]
