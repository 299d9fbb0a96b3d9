"""Which plan is better: what it costs, then what it takes, and what it gives for it."""

from collections.abc import Sequence
from decimal import Decimal

from neuroscale.planning.plan import PlanSpeed, ServingPlan
from neuroscale.planning.speed import two_digits

RankKey = tuple[bool, bool, Decimal, bool, int, int, float, int, int, int, int, bool, str]

# Estimates are too rough to tell apart what lies closer together.
_WORTH_TELLING = 1.2


def ranked(plans: Sequence[ServingPlan]) -> list[ServingPlan]:
    """Return plans from best to worst, in an order that does not depend on the one they come in.

    Plans that meet the demand for certain come before those that may. Then the cheapest comes first, and what the
    price book does not price, which the platform does not buy, after all that it does; then the one that occupies
    least accelerator memory, in one pod rather than over a network that nobody has stated; then the one with fewest
    accelerators, the one that makes most tokens per second as far as that can be told, and the one that is cut
    least.
    """
    return sorted(plans, key=_key)


def is_outdone(plan: ServingPlan, by: ServingPlan) -> bool:
    """Whether another plan on accelerators of the same kind leaves no reason to take this one.

    The other takes no more accelerators, is as certain to meet the demand, and this one neither is noticeably
    sooner with the first token nor makes noticeably more tokens for what it takes.
    """
    if by.shortfalls and not plan.shortfalls:
        return False
    if by.occupied_memory_bytes > plan.occupied_memory_bytes:
        return False
    if plan.speed is None or by.speed is None:
        return True
    soonest_seconds = by.speed.time_to_first_token.pessimistic_seconds
    if plan.speed.time_to_first_token.pessimistic_seconds * _WORTH_TELLING < soonest_seconds:
        return False
    return _productivity(plan, plan.speed) <= _productivity(by, by.speed) * _WORTH_TELLING


def _productivity(plan: ServingPlan, speed: PlanSpeed) -> float:
    """Return the tokens per second that are prudent to expect, for each byte that is occupied."""
    return speed.endpoint.pessimistic_tokens_per_second / plan.occupied_memory_bytes


def _rate(plan: ServingPlan) -> float:
    return 0.0 if plan.speed is None else plan.speed.endpoint.pessimistic_tokens_per_second


def _slowness(plan: ServingPlan) -> float:
    """Return both latencies as one figure, which is less where either is."""
    if plan.speed is None:
        return 0.0
    first, each = plan.speed.time_to_first_token, plan.speed.time_per_output_token
    return first.pessimistic_seconds * each.pessimistic_seconds


def _key(plan: ServingPlan) -> RankKey:
    settings = plan.settings
    cost = Decimal(0) if plan.cost is None else plan.cost.per_hour
    return (
        bool(plan.shortfalls),
        plan.cost is None,
        cost,
        plan.pods_per_replica > 1,
        plan.occupied_memory_bytes,
        plan.minimum_replicas * plan.accelerators_per_replica,
        float(two_digits(_slowness(plan))) if plan.shortfalls else -float(two_digits(_rate(plan))),
        plan.pods_per_replica,
        settings.data_parallel_size,
        settings.pipeline_parallel_size,
        settings.tensor_parallel_size,
        settings.enable_expert_parallel,
        plan.accelerator.name,
    )
