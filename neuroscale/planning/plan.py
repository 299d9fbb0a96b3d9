"""A demand on an endpoint, and the plan that meets it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.prices.price import AcceleratorPrice
from neuroscale.sizing.throughput.estimate import Limit, SecondsBounds

ConcurrencyLimit = Literal["memory", "latency", "engine default"]


@dataclass(frozen=True, slots=True)
class Demand:
    """What the endpoint must do.

    Attributes:
        context_length_tokens: Longest prompt plus answer; None takes the model's own maximum.
        concurrent_requests: Requests that must be in flight at once without queueing, each at the longest context,
            or as long as a typical prompt and answer where the length of the answer is stated.
        least_replicas: Replicas that must run whatever the load; 2 keeps an endpoint up while a node is drained.
        time_to_first_token_seconds: Longest wait for the first token of a prompt of `prompt_tokens` that need not
            queue; None asks nothing.
        time_per_output_token_seconds: Longest time between two tokens of one answer; None asks nothing.
        tokens_per_second: Output tokens that the whole endpoint must make; None asks nothing.
        prompt_tokens: Length of a typical prompt; None takes what the answer leaves of the context, or half of it.
        answer_tokens: Length of a typical answer; None takes what the prompt leaves of the context.
        kv_cache_data_type: Value of the engine's `--kv-cache-dtype`. Narrow caches cost quality, so that one is
            never chosen unasked; None leaves the engine's default.
        quantization: Value of the engine's `--quantization`, for the same reason.
    """

    context_length_tokens: int | None = None
    concurrent_requests: int = 1
    least_replicas: int = 1
    time_to_first_token_seconds: float | None = None
    time_per_output_token_seconds: float | None = None
    tokens_per_second: float | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    kv_cache_data_type: str | None = None
    quantization: str | None = None


def least_replicas_in(environment: str) -> int:
    """Return the replicas that an environment keeps whatever the load: production survives a drained node."""
    return 2 if environment == "production" else 1


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Memory of one accelerator under a plan, in bytes; of every estimate the pessimistic figure.

    Attributes:
        accelerator_bytes: What the device has at most.
        usable_bytes: What the engine takes of the memory that a process certainly sees.
        weights_bytes: Weights that this device holds.
        overhead_bytes: Activations, graphs and communication buffers.
        kv_cache_bytes: What remains for the KV cache.
        kv_cache_bytes_per_request: KV cache of one of the requests that are promised, on this device.
    """

    accelerator_bytes: int
    usable_bytes: int
    weights_bytes: int
    overhead_bytes: int
    kv_cache_bytes: int
    kv_cache_bytes_per_request: int


@dataclass(frozen=True, slots=True)
class TokenRate:
    """Output tokens per second, between what is prudent to expect and what the hardware allows at best."""

    pessimistic_tokens_per_second: float
    optimistic_tokens_per_second: float


@dataclass(frozen=True, slots=True)
class PlanSpeed:
    """How fast a plan serves; every figure holds while a replica runs the requests that it holds.

    Attributes:
        running_requests: Those requests of one replica, of the length that is promised.
        prompt_tokens: Length of the typical prompt.
        output_tokens: Length of its answer.
        time_to_first_token: From admission to the first token of such a prompt, queueing not counted.
        time_per_output_token: Between two tokens of one answer.
        replica: Output tokens of one replica.
        endpoint: Output tokens of the replicas that always run.
        prefill_bound_by: The largest part of the prudent estimate of a prefill.
        decode_bound_by: The largest part of the prudent estimate of a decoding step.
    """

    running_requests: int
    prompt_tokens: int
    output_tokens: int
    time_to_first_token: SecondsBounds
    time_per_output_token: SecondsBounds
    replica: TokenRate
    endpoint: TokenRate
    prefill_bound_by: Limit
    decode_bound_by: Limit


@dataclass(frozen=True, slots=True)
class MoneyBounds:
    """An amount of money between two bounds, in the currency stated beside it."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class PlanCost:
    """What a plan costs by the price book of the platform.

    Attributes:
        currency: ISO 4217 code.
        price: The price of one accelerator that was taken.
        per_hour: All accelerators of the replicas that always run.
        per_million_output_tokens: Cost of an hour over the tokens of an hour in which those replicas are full; None
            where no speed is known.
    """

    currency: str
    price: AcceleratorPrice
    per_hour: Decimal
    per_million_output_tokens: MoneyBounds | None


@dataclass(frozen=True, slots=True)
class AutoscalingPlan:
    """When replicas are added and dropped.

    Attributes:
        waiting_requests_per_replica: Requests waiting per replica above which one is added.
        time_to_first_token_seconds: 95th percentile above which one is added.
        stabilization_seconds: How long the need must be lower before a replica is dropped: one that is dropped too
            early costs a whole load of the weights to get back.
    """

    waiting_requests_per_replica: int
    time_to_first_token_seconds: float
    stabilization_seconds: int


@dataclass(frozen=True, slots=True)
class SchedulerPlan:
    """What the engine may take at once.

    Attributes:
        running_requests_per_replica: Requests that a replica runs at once at most, as far as their lengths let the
            KV cache hold them.
        running_limit: Why not more: the memory that is set aside for them, the latency that is asked for, or the
            engine's default.
        batched_tokens: Tokens that one data-parallel rank computes in a step at most.
        default_batched_tokens: The same where it is not stated.
        freed_by_batch_bytes: What stating it leaves for requests, of each accelerator; 0 where it is not stated.
        freed_by_limit_bytes: What stating a number of requests leaves; 0 where none is stated for the memory.
    """

    running_requests_per_replica: int
    running_limit: ConcurrencyLimit
    batched_tokens: int
    default_batched_tokens: int
    freed_by_batch_bytes: int = 0
    freed_by_limit_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """How a model is served: the answer that replaces GPU counts and parallelism in the form.

    Attributes:
        accelerator: Kind of accelerator.
        settings: What the engine is told.
        context_length_tokens: Longest request that is accepted.
        request_length_tokens: Length of the requests that are promised: the longest, or typical prompt and answer.
        concurrent_requests_per_replica: Requests of that length that one replica holds and runs at once; one
            of each data-parallel rank may be the longest.
        concurrency_limit: Why not more: no memory is left, they would be slower than asked, or the engine runs no
            more unless told to.
        scheduler: What the engine may take at once, shorter requests included.
        minimum_replicas: Replicas that always run.
        maximum_replicas: Replicas the autoscaler may reach.
        memory: Budget of one accelerator.
        checkpoint_bytes: Weights as they are stored and downloaded.
        load_seconds: Upper estimate from the start of the container to the first answer.
        autoscaling: When replicas are added and dropped.
        pods_per_replica: 1 for a replica in one pod; more for a group of pods on as many nodes (a LeaderWorkerSet).
        speed: None where the hardware or the model is not known well enough.
        cost: None where no price is known.
        shortfalls: What was asked of the speed and is met at best, but not for certain: one sentence each.
    """

    accelerator: Accelerator
    settings: EngineSettings
    engine_version: Version
    context_length_tokens: int
    request_length_tokens: int
    concurrent_requests_per_replica: int
    concurrency_limit: ConcurrencyLimit
    scheduler: SchedulerPlan
    minimum_replicas: int
    maximum_replicas: int
    memory: MemoryPlan
    checkpoint_bytes: int
    load_seconds: float
    autoscaling: AutoscalingPlan
    pods_per_replica: int = 1
    speed: PlanSpeed | None = None
    cost: PlanCost | None = None
    shortfalls: tuple[str, ...] = ()

    @property
    def accelerators_per_replica(self) -> int:
        """Accelerators of one replica, in all its pods."""
        return self.settings.world_size

    @property
    def accelerators_per_pod(self) -> int:
        """Accelerators of each pod."""
        return self.accelerators_per_replica // self.pods_per_replica

    @property
    def occupied_memory_bytes(self) -> int:
        """Accelerator memory of all replicas that always run: what the plan costs, as long as no price is known."""
        return self.minimum_replicas * self.accelerators_per_replica * self.accelerator.memory_bytes


@dataclass(frozen=True, slots=True)
class RefusedPlan:
    """A candidate that was not taken.

    Attributes:
        accelerator: Name of the accelerator.
        arguments: Engine arguments of the candidate; empty where no settings could serve.
        rule: Id of the rule that refused it; "memory" or "latency" where a sum did, "hardware" where the engine
            does not run on the accelerator.
        reason: The finding's message, or the sum that does not fit.
        is_warning: Whether the rule only warns: it would serve, but not pass every gate without a finding.
        pods: Pods of the replica.
    """

    accelerator: str
    arguments: tuple[str, ...]
    rule: str
    reason: str
    is_warning: bool = False
    pods: int = 1


@dataclass(frozen=True, slots=True)
class PlanningResult:
    """Plans from best to worst, and what was refused on the way.

    Attributes:
        plans: Every plan that is worth taking, best first; never empty.
        refused: What is not possible, in the order in which it was tried.
        outdone: How many candidates meet the demand and give no reason to take them: another plan on the same kind
            of accelerator takes no more of them, and answers as soon and as much.
        unpriced: The kinds that serve and have no price in the book that was given, in the order of the plans.
    """

    plans: tuple[ServingPlan, ...]
    refused: tuple[RefusedPlan, ...]
    outdone: int = 0
    unpriced: tuple[str, ...] = ()
