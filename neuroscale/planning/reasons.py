"""Why a plan is as it is, in sentences with the numbers."""

from collections.abc import Iterator, Mapping
from typing import Final

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.planning.plan import ConcurrencyLimit, ServingPlan

_GIBIBYTE = 1 << 30
_BILLION = 1_000_000_000
_LIMITS: Final[Mapping[ConcurrencyLimit, str]] = {
    "memory": "",
    "latency": "; with more of them it would not be as fast as was asked",
    "engine default": ", as many as the engine runs by default",
}


def plan_reasons(plan: ServingPlan, architecture: ModelArchitecture) -> tuple[str, ...]:
    """Return why the plan is as it is, one sentence each; what it may not meet comes first."""
    return (
        *(f"Not for certain: {shortfall}." for shortfall in plan.shortfalls),
        _standing(plan),
        *_memory(plan, architecture),
        *_scheduler(plan),
        *_division(plan),
        *_speed(plan),
        _replicas(plan),
    )


def _standing(plan: ServingPlan) -> str:
    devices = f"{plan.minimum_replicas * plan.accelerators_per_replica} x {plan.accelerator.name}"
    occupied = f"{plan.occupied_memory_bytes / _GIBIBYTE:.0f} GiB"
    judged = "Of the plans that serve the demand, each judged by the rules that admission enforces, "
    if plan.cost is None:
        return f"Always running: {devices}, {occupied} in all. {judged}the one that occupies least is first."
    price = plan.cost.price
    where = f" in {price.region}" if price.region else ""
    return (
        f"Always running: {devices}, {occupied} in all, at {price.per_hour:f} {plan.cost.currency} per accelerator "
        f"and hour ({price.commitment}{where}). {judged}the cheapest is first."
    )


def _memory(plan: ServingPlan, architecture: ModelArchitecture) -> Iterator[str]:
    memory = plan.memory
    if architecture.parameters is not None:
        total = architecture.parameters.total / _BILLION
        yield (
            f"All {total:.1f} billion parameters must be in memory, whether a token uses them or not: "
            f"{memory.weights_bytes / _GIBIBYTE:.1f} GiB on each accelerator."
        )
    beside = ""
    if plan.request_length_tokens < plan.context_length_tokens:
        beside = f", one of them of {plan.context_length_tokens} tokens"
    elif plan.scheduler.running_requests_per_replica == plan.concurrent_requests_per_replica:
        beside = ", as many as it runs"
    elif plan.concurrency_limit == "memory" and _would_hold_one_more(plan):
        # The first request reserves more than each further one.
        beside = ", beside the tokens of the steps in flight"
    yield (
        f"{memory.kv_cache_bytes / _GIBIBYTE:.1f} GiB per accelerator remain for the KV cache; a request of "
        f"{plan.request_length_tokens} tokens takes {memory.kv_cache_bytes_per_request / _GIBIBYTE:.2f} GiB, so a "
        f"replica holds {plan.concurrent_requests_per_replica} at once{beside}{_LIMITS[plan.concurrency_limit]}."
    )


def _would_hold_one_more(plan: ServingPlan) -> bool:
    by_rank = plan.concurrent_requests_per_replica // plan.settings.data_parallel_size
    return (by_rank + 1) * plan.memory.kv_cache_bytes_per_request <= plan.memory.kv_cache_bytes


def _scheduler(plan: ServingPlan) -> Iterator[str]:
    scheduler = plan.scheduler
    batch, default = scheduler.batched_tokens, scheduler.default_batched_tokens
    freed = f"{scheduler.freed_by_batch_bytes / _GIBIBYTE:.1f} GiB"
    if scheduler.freed_by_batch_bytes and batch < default:
        yield f"Batches of {batch} tokens instead of {default} leave {freed} more of each accelerator for requests."
    elif scheduler.freed_by_batch_bytes:
        yield (
            f"Batches are stated to have at most {batch} tokens: layers with a window keep those in flight beside "
            f"it, and the largest default that the engine may choose would take {freed} more."
        )
    running = f"At most {scheduler.running_requests_per_replica} requests run at once on a replica, however short"
    if scheduler.running_limit == "engine default":
        yield f"{running}: the engine's default, which the memory allows for."
    elif scheduler.running_limit == "latency":
        yield f"{running}, so that each is as fast as was asked."
    else:
        sampling = f"{scheduler.freed_by_limit_bytes / _GIBIBYTE:.1f} GiB"
        yield f"{running}: by default the engine would set {sampling} more aside to sample for more of them."


def _division(plan: ServingPlan) -> Iterator[str]:
    settings = plan.settings
    if plan.pods_per_replica > 1:
        yield (
            f"No pod on one node serves it: {plan.pods_per_replica} pods on as many nodes form a replica, with "
            f"{plan.accelerators_per_pod} accelerators each. How fast the network between them is, no object of a "
            "cluster states; the estimates of speed are wide for it."
        )
    if settings.pipeline_parallel_size > 1:
        yield (
            f"Pipeline parallelism: {settings.pipeline_parallel_size} stages, as tensor parallelism over all "
            f"{plan.accelerators_per_replica} accelerators does not divide the model."
        )
    if settings.enable_expert_parallel:
        yield "Expert parallelism: each accelerator holds whole experts instead of a slice of every one."
    if settings.data_parallel_size > 1:
        yield (
            f"Data parallelism: {settings.data_parallel_size} ranks share the experts, and each keeps the KV "
            "cache of its own requests only."
        )


def _speed(plan: ServingPlan) -> Iterator[str]:
    if plan.speed is not None:
        yield (
            "Each speed lies between what the hardware allows at best and what is prudent to plan for, with "
            f"{plan.speed.running_requests} requests running on a replica: a prompt is bound by "
            f"{plan.speed.prefill_bound_by}, decoding by {plan.speed.decode_bound_by}."
        )


def _replicas(plan: ServingPlan) -> str:
    scaling = plan.autoscaling
    return (
        f"{plan.minimum_replicas} to {plan.maximum_replicas} replicas: one is added above "
        f"{scaling.waiting_requests_per_replica} waiting requests per replica or a time to first token of "
        f"{scaling.time_to_first_token_seconds:g} s (95th percentile), and dropped after "
        f"{scaling.stabilization_seconds / 60:.0f} minutes of less need; once a new replica has its weights, it "
        f"has {plan.load_seconds / 60:.0f} minutes to load them."
    )
