"""What an endpoint would cost: its best plan and the next ones, with prices."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from actions_service.action import Resources
from actions_service.actions.demand_input import given_accelerators, given_demand, given_engine_version
from actions_service.actions.model_input import given_model
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.plan import PlanCost, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.prices.tariff import HOURS_PER_MONTH, Tariff

_CENT = Decimal("0.01")
_MOST_ALTERNATIVES = 5


def planned_cost(arguments: Mapping[str, Any], resources: Resources, tariff: Tariff | None) -> dict[str, Any]:
    """Return what the endpoint of an input costs, by the best plan of those whose accelerators have a price.

    Raises:
        InvalidInputError: There are no prices, or none of an accelerator that is asked for, or the demand is wrong.
        UnknownModelError: No configuration is given, and neither the catalogue nor a source has the model.
        SourceUnavailableError: Its source does not answer.
        NoPlanError: Nothing that has a price suffices.
    """
    if tariff is None:
        raise InvalidInputError(
            "is required: the service has no price book", field="prices", fix="give one, or tell the operator"
        )
    model = given_model(arguments, resources)
    result = plan_serving(
        model.architecture,
        given_demand(arguments),
        _priced(arguments, resources, tariff),
        given_engine_version(arguments),
        prices=tariff.book,
        region=tariff.region,
        commitment=tariff.commitment,
    )
    plans = [_as_json(plan, plan.cost) for plan in result.plans if plan.cost is not None]
    return {
        "currency": tariff.currency,
        "commitment": tariff.commitment,
        "region": tariff.region,
        "plan": plans[0],
        "alternatives": plans[1 : 1 + _MOST_ALTERNATIVES],
    }


def planned_cost_as_markdown(estimate: Mapping[str, Any]) -> str:
    """Return the plans as a table, the best first."""
    head = (
        "accelerators",
        "replicas",
        "per hour",
        f"per month of {HOURS_PER_MONTH} hours",
        "per month at most",
        "per million output tokens, all replicas full",
    )
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|"]
    for plan in (estimate["plan"], *estimate["alternatives"]):
        tokens = plan["perMillionOutputTokens"]
        cells = (
            f"{plan['acceleratorsPerReplica']} x {plan['accelerator']}",
            f"{plan['minimumReplicas']} to {plan['maximumReplicas']}",
            plan["perHour"],
            plan["perMonth"],
            plan["perMonthAtMost"],
            "not known" if tokens is None else f"{tokens['low']} to {tokens['high']}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    where = f" in {estimate['region']}" if estimate["region"] else ""
    note = (
        f"Accelerators alone, at {estimate['commitment']} prices{where}, in {estimate['currency']}. Half-empty "
        "replicas cost the same by the hour, and more by the token."
    )
    return "\n".join(lines) + f"\n\n{note}\n"


def _priced(arguments: Mapping[str, Any], resources: Resources, tariff: Tariff) -> Sequence[Accelerator]:
    """Return the accelerators on offer that have a price; one that is asked for must have one."""
    offered = given_accelerators(arguments, resources.accelerators)
    priced = [each for each in offered if tariff.price_of(each.name) is not None]
    missing = [each.name for each in offered if each not in priced]
    if not priced or (missing and "accelerators" in arguments):
        raise InvalidInputError(
            tariff.missing(*missing),
            field="accelerators" if "accelerators" in arguments else "prices",
            fix="state one, or ask for others",
        )
    return priced


def _as_json(plan: ServingPlan, cost: PlanCost) -> dict[str, Any]:
    tokens = cost.per_million_output_tokens
    per_replica_hour = cost.price.per_hour * plan.accelerators_per_replica
    return {
        "accelerator": plan.accelerator.name,
        "acceleratorsPerReplica": plan.accelerators_per_replica,
        "minimumReplicas": plan.minimum_replicas,
        "maximumReplicas": plan.maximum_replicas,
        "arguments": list(engine_arguments(plan.settings)),
        "perAcceleratorHour": str(cost.price.per_hour),
        "perHour": str(cost.per_hour.quantize(_CENT)),
        "perMonth": str((cost.per_hour * HOURS_PER_MONTH).quantize(_CENT)),
        "perMonthAtMost": str((per_replica_hour * plan.maximum_replicas * HOURS_PER_MONTH).quantize(_CENT)),
        "perMillionOutputTokens": None
        if tokens is None
        else {"low": str(tokens.low.quantize(_CENT)), "high": str(tokens.high.quantize(_CENT))},
    }
