"""A plan in words, in JSON and in Markdown."""

from collections.abc import Sequence

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.capacity import REQUESTS_PER_RANK
from neuroscale.planning.engine_deployment import engine_image
from neuroscale.planning.plan import MemoryPlan, PlanningResult, RefusedPlan, ServingPlan

_GIBIBYTE = 1 << 30
_BILLION = 1_000_000_000
_ALTERNATIVES_SHOWN = 3


def plan_reasons(plan: ServingPlan, architecture: ModelArchitecture) -> tuple[str, ...]:
    """Return why the plan is as it is, one sentence each, with the numbers."""
    memory = plan.memory
    per_request = memory.kv_cache_bytes_per_request / _GIBIBYTE
    devices = f"{plan.minimum_replicas * plan.accelerators_per_replica} x {plan.accelerator.name}"
    occupied = f"{plan.occupied_memory_bytes / _GIBIBYTE:.0f} GiB"
    reasons = [
        (
            f"Always running: {devices}, {occupied} in all. Of the plans that serve the demand, each judged by the "
            "rules that admission enforces, the one that occupies least is first."
        )
    ]
    if architecture.parameters is not None:
        total = architecture.parameters.total / _BILLION
        reasons.append(
            f"All {total:.1f} billion parameters must be in memory, whether a token uses them or not: "
            f"{memory.weights_bytes / _GIBIBYTE:.1f} GiB on each accelerator."
        )
    most = REQUESTS_PER_RANK * plan.settings.data_parallel_size
    limit = ", as many as the engine runs by default" if plan.concurrent_requests_per_replica == most else ""
    reasons.append(
        f"{memory.kv_cache_bytes / _GIBIBYTE:.1f} GiB per accelerator remain for the KV cache; a request of "
        f"{plan.context_length_tokens} tokens takes {per_request:.2f} GiB, so a replica holds "
        f"{plan.concurrent_requests_per_replica} at once{limit}."
    )
    if plan.settings.enable_expert_parallel:
        reasons.append("Expert parallelism: each accelerator holds whole experts instead of a slice of every one.")
    if plan.settings.data_parallel_size > 1:
        reasons.append(
            f"Data parallelism: {plan.settings.data_parallel_size} ranks share the experts, and each keeps the KV "
            "cache of its own requests only."
        )
    reasons.append(
        f"{plan.minimum_replicas} to {plan.maximum_replicas} replicas, following queue depth and time to first "
        f"token; once a new replica has its weights, it has {plan.load_seconds / 60:.0f} minutes to load them."
    )
    return tuple(reasons)


def plan_as_json(plan: ServingPlan, architecture: ModelArchitecture) -> dict[str, object]:
    """Return the public JSON form of a plan. Sizes are in bytes, lengths in tokens, times in seconds."""
    settings, memory = plan.settings, plan.memory
    return {
        "accelerator": plan.accelerator.name,
        "acceleratorResource": plan.accelerator.resource_name,
        "acceleratorsPerReplica": plan.accelerators_per_replica,
        "engine": settings.engine,
        "engineVersion": str(plan.engine_version),
        "image": engine_image(plan),
        "arguments": list(engine_arguments(settings)),
        "tensorParallelSize": settings.tensor_parallel_size,
        "pipelineParallelSize": settings.pipeline_parallel_size,
        "dataParallelSize": settings.data_parallel_size,
        "expertParallel": settings.enable_expert_parallel,
        "contextLength": plan.context_length_tokens,
        "concurrentRequestsPerReplica": plan.concurrent_requests_per_replica,
        "minimumReplicas": plan.minimum_replicas,
        "maximumReplicas": plan.maximum_replicas,
        "loadSeconds": round(plan.load_seconds),
        "timeToFirstTokenSeconds": plan.time_to_first_token_seconds,
        "memory": {
            "acceleratorBytes": memory.accelerator_bytes,
            "usableBytes": memory.usable_bytes,
            "weightsBytes": memory.weights_bytes,
            "overheadBytes": memory.overhead_bytes,
            "kvCacheBytes": memory.kv_cache_bytes,
            "kvCacheBytesPerRequest": memory.kv_cache_bytes_per_request,
        },
        "reasons": list(plan_reasons(plan, architecture)),
    }


def refused_as_json(refused: RefusedPlan) -> dict[str, object]:
    """Return the public JSON form of a candidate that was not taken."""
    return {
        "accelerator": refused.accelerator,
        "arguments": list(refused.arguments),
        "rule": refused.rule,
        "reason": refused.reason,
    }


def distinct_refusals(refused: Sequence[RefusedPlan]) -> tuple[RefusedPlan, ...]:
    """Return one refusal for each rule and accelerator: what a reader wants of dozens of candidates."""
    first: dict[tuple[str, str], RefusedPlan] = {}
    for candidate in refused:
        first.setdefault((candidate.rule, candidate.accelerator), candidate)
    return tuple(first.values())


def plan_as_markdown(result: PlanningResult, architecture: ModelArchitecture) -> str:
    """Return the best plan as a table with its reasons, and what came next."""
    best = result.plans[0]
    rows = [
        ("Accelerators", f"{best.accelerators_per_replica} x {best.accelerator.name} per replica"),
        ("Engine", f"`{engine_image(best)}`"),
        ("Arguments", f"`{' '.join(engine_arguments(best.settings))}`"),
        ("Replicas", f"{best.minimum_replicas} to {best.maximum_replicas}"),
        ("Requests per replica", f"{best.concurrent_requests_per_replica} at {best.context_length_tokens} tokens"),
        ("Memory per accelerator", _memory_row(best.memory)),
    ]
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""]
    lines += [f"- {reason}" for reason in plan_reasons(best, architecture)]
    if any(_hardware(plan) != _hardware(best) for plan in result.plans):
        others = dict.fromkeys(_hardware(plan) for plan in result.plans if _hardware(plan) != _hardware(best))
        lines.append(f"- Also possible: {', '.join(list(others)[:_ALTERNATIVES_SHOWN])}.")
    return "\n".join(lines) + "\n"


def _memory_row(memory: MemoryPlan) -> str:
    weights, overhead, cache, usable = (
        f"{amount_bytes / _GIBIBYTE:.1f} GiB"
        for amount_bytes in (
            memory.weights_bytes,
            memory.overhead_bytes,
            memory.kv_cache_bytes,
            memory.usable_bytes,
        )
    )
    return f"{weights} weights, {overhead} overhead, {cache} KV cache, of {usable} usable"


def _hardware(plan: ServingPlan) -> str:
    return f"{plan.minimum_replicas * plan.accelerators_per_replica} x {plan.accelerator.name}"
