"""A plan in JSON and in Markdown."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.engine_deployment import engine_image
from neuroscale.planning.memory_table import MemoryRow, memory_rows
from neuroscale.planning.node_supply import UnusableNodes
from neuroscale.planning.plan import PlanCost, PlanningResult, PlanSpeed, RefusedPlan, ServingPlan, TokenRate
from neuroscale.planning.reasons import plan_reasons
from neuroscale.planning.refusals import refusal_sentence, unserving_accelerators
from neuroscale.planning.speed import range_text, two_digits
from neuroscale.sizing.throughput.estimate import SecondsBounds

_GIBIBYTE = 1 << 30
_ALTERNATIVES_SHOWN = 3
_REFUSALS_SHOWN = 3
_UNPRICED_SHOWN = 3
_CENT = Decimal("0.01")


def plan_as_json(plan: ServingPlan, architecture: ModelArchitecture) -> dict[str, object]:
    """Return the public JSON form of a plan. Sizes are in bytes, lengths in tokens, times in seconds.

    `speed` and `cost` are left out where they are not known.
    """
    settings, memory = plan.settings, plan.memory
    answer: dict[str, object] = {
        "accelerator": plan.accelerator.name,
        "acceleratorResource": plan.accelerator.resource_name,
        "acceleratorsPerReplica": plan.accelerators_per_replica,
        "podsPerReplica": plan.pods_per_replica,
        "acceleratorsPerPod": plan.accelerators_per_pod,
        "engine": settings.engine,
        "engineVersion": str(plan.engine_version),
        "image": engine_image(plan),
        "arguments": list(engine_arguments(settings)),
        "tensorParallelSize": settings.tensor_parallel_size,
        "pipelineParallelSize": settings.pipeline_parallel_size,
        "dataParallelSize": settings.data_parallel_size,
        "expertParallel": settings.enable_expert_parallel,
        "contextLength": plan.context_length_tokens,
        "requestLength": plan.request_length_tokens,
        "concurrentRequestsPerReplica": plan.concurrent_requests_per_replica,
        "concurrencyLimit": plan.concurrency_limit,
        "runningRequestsPerReplica": plan.scheduler.running_requests_per_replica,
        "runningLimit": plan.scheduler.running_limit,
        "batchedTokens": plan.scheduler.batched_tokens,
        "minimumReplicas": plan.minimum_replicas,
        "maximumReplicas": plan.maximum_replicas,
        "loadSeconds": round(plan.load_seconds),
        "timeToFirstTokenSeconds": plan.autoscaling.time_to_first_token_seconds,
        "autoscaling": {
            "waitingRequestsPerReplica": plan.autoscaling.waiting_requests_per_replica,
            "timeToFirstTokenSeconds": plan.autoscaling.time_to_first_token_seconds,
            "stabilizationSeconds": plan.autoscaling.stabilization_seconds,
        },
        "memory": {
            "acceleratorBytes": memory.accelerator_bytes,
            "usableBytes": memory.usable_bytes,
            "weightsBytes": memory.weights_bytes,
            "overheadBytes": memory.overhead_bytes,
            "kvCacheBytes": memory.kv_cache_bytes,
            "kvCacheBytesPerRequest": memory.kv_cache_bytes_per_request,
            "components": [_row_as_json(row) for row in memory_rows(plan, architecture)],
        },
    }
    if plan.speed is not None:
        answer["speed"] = _speed_as_json(plan.speed)
    if plan.cost is not None:
        answer["cost"] = _cost_as_json(plan.cost)
    return answer | {"shortfalls": list(plan.shortfalls), "reasons": list(plan_reasons(plan, architecture))}


def refused_as_json(refused: RefusedPlan) -> dict[str, object]:
    """Return the public JSON form of a candidate that was not taken."""
    return {
        "accelerator": refused.accelerator,
        "arguments": list(refused.arguments),
        "rule": refused.rule,
        "isWarning": refused.is_warning,
        "reason": refused.reason,
    }


def distinct_refusals(refused: Sequence[RefusedPlan]) -> tuple[RefusedPlan, ...]:
    """Return one refusal for each reason and accelerator: what a reader wants of dozens of candidates."""
    first: dict[tuple[str, str], RefusedPlan] = {}
    for candidate in refused:
        first.setdefault((candidate.rule, candidate.accelerator), candidate)
    return tuple(first.values())


def unusable_as_json(nodes: UnusableNodes) -> dict[str, object]:
    """Return the public JSON form of nodes whose accelerators no plan can use."""
    return {"nodes": list(nodes.names), "reason": nodes.reason}


def plan_as_markdown(
    result: PlanningResult, architecture: ModelArchitecture, unusable: Sequence[UnusableNodes] = ()
) -> str:
    """Return the best plan with its memory and its reasons, what came next, and what was not possible.

    Args:
        result: The plans.
        architecture: The model.
        unusable: Nodes whose accelerators no plan can use, where nodes were offered.
    """
    best = result.plans[0]
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in _rows(best)), ""]
    lines += ["| Memory of each accelerator | GiB |", "|---|---:|"]
    lines += [f"| {row.name} | {row.amount_bytes / _GIBIBYTE:.1f} |" for row in memory_rows(best, architecture)]
    lines += ["", *(f"- {reason}" for reason in plan_reasons(best, architecture))]
    if any(_hardware(plan) != _hardware(best) for plan in result.plans):
        others = dict.fromkeys(_hardware(plan) for plan in result.plans if _hardware(plan) != _hardware(best))
        lines.append(f"- Also possible: {', '.join(list(others)[:_ALTERNATIVES_SHOWN])}.")
    if result.unpriced:
        named, more = ", ".join(result.unpriced[:_UNPRICED_SHOWN]), len(result.unpriced) - _UNPRICED_SHOWN
        lines.append(
            f"- Without a price in the book, and so after all that have one: {named}"
            f"{f' and {more} more' if more > 0 else ''}."
        )
    unserving = unserving_accelerators(result)
    lines += [f"- Not possible: {refusal_sentence(refused)}" for refused in unserving[:_REFUSALS_SHOWN]]
    if len(unserving) > _REFUSALS_SHOWN:
        lines.append(f"- Nor on {len(unserving) - _REFUSALS_SHOWN} other kinds of accelerators.")
    lines += [f"- Not usable: {nodes.sentence}." for nodes in unusable]
    return "\n".join(lines) + "\n"


def _rows(plan: ServingPlan) -> Iterator[tuple[str, str]]:
    accelerators = f"{plan.accelerators_per_replica} x {plan.accelerator.name} per replica"
    if plan.pods_per_replica > 1:
        accelerators += f", in {plan.pods_per_replica} pods of {plan.accelerators_per_pod}"
    yield "Accelerators", accelerators
    yield "Engine", f"`{engine_image(plan)}`"
    yield "Arguments", f"`{' '.join(engine_arguments(plan.settings))}`"
    yield "Replicas", f"{plan.minimum_replicas} to {plan.maximum_replicas}"
    requests, running = plan.concurrent_requests_per_replica, plan.scheduler.running_requests_per_replica
    yield (
        "Requests per replica",
        f"{requests} at {plan.request_length_tokens} tokens, at most {running} at once",
    )
    speed, cost = plan.speed, plan.cost
    if speed is not None:
        yield (
            "Time to first token",
            f"{range_text(speed.time_to_first_token)} for a prompt of {speed.prompt_tokens} tokens",
        )
        yield "Time per output token", range_text(speed.time_per_output_token)
        yield "Output", f"{_rate_text(speed.endpoint)} tokens per second"
    if cost is not None:
        text = f"{cost.per_hour.quantize(_CENT):f} {cost.currency} per hour"
        if cost.per_million_output_tokens is not None:
            low, high = (
                two_digits(float(amount))
                for amount in (cost.per_million_output_tokens.low, cost.per_million_output_tokens.high)
            )
            text += f"; {low} to {high} {cost.currency} per million output tokens while all replicas are full"
        yield "Cost", text


def _rate_text(rate: TokenRate) -> str:
    return f"{two_digits(rate.pessimistic_tokens_per_second)} to {two_digits(rate.optimistic_tokens_per_second)}"


def _hardware(plan: ServingPlan) -> str:
    devices = f"{plan.minimum_replicas * plan.accelerators_per_replica} x {plan.accelerator.name}"
    if plan.cost is None:
        return devices
    return f"{devices} at {plan.cost.per_hour.quantize(_CENT):f} {plan.cost.currency} per hour"


def _row_as_json(row: MemoryRow) -> dict[str, object]:
    return {"name": row.name, "bytes": row.amount_bytes}


def _speed_as_json(speed: PlanSpeed) -> dict[str, object]:
    return {
        "runningRequests": speed.running_requests,
        "promptTokens": speed.prompt_tokens,
        "outputTokens": speed.output_tokens,
        "timeToFirstTokenSeconds": _seconds_as_json(speed.time_to_first_token),
        "timePerOutputTokenSeconds": _seconds_as_json(speed.time_per_output_token),
        "tokensPerSecondPerReplica": _rate_as_json(speed.replica),
        "tokensPerSecond": _rate_as_json(speed.endpoint),
        "promptBoundBy": speed.prefill_bound_by,
        "decodingBoundBy": speed.decode_bound_by,
    }


def _seconds_as_json(seconds: SecondsBounds) -> dict[str, float]:
    return {
        "low": _significant(seconds.optimistic_seconds),
        "high": _significant(seconds.pessimistic_seconds),
    }


def _rate_as_json(rate: TokenRate) -> dict[str, float]:
    return {
        "low": _significant(rate.pessimistic_tokens_per_second),
        "high": _significant(rate.optimistic_tokens_per_second),
    }


def _significant(amount: float) -> float:
    """Return three significant digits: more would pretend to a precision that an estimate does not have."""
    return float(f"{amount:.3g}")


def _cost_as_json(cost: PlanCost) -> dict[str, object]:
    answer: dict[str, object] = {
        "currency": cost.currency,
        "perHour": f"{cost.per_hour:f}",
        "perAcceleratorHour": f"{cost.price.per_hour:f}",
        "commitment": cost.price.commitment,
    }
    if cost.price.region is not None:
        answer["region"] = cost.price.region
    if cost.per_million_output_tokens is not None:
        answer["perMillionOutputTokens"] = {
            "low": f"{cost.per_million_output_tokens.low:f}",
            "high": f"{cost.per_million_output_tokens.high:f}",
        }
    return answer
