"""How a model should be served: from what it must do to accelerators, parallelism and replicas."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.demand_input import (
    DEMAND_PROPERTIES,
    ENVIRONMENT_SCHEMA,
    given_nodes,
    plans_of_input,
)
from actions_service.actions.model_input import (
    CONFIG_SCHEMA,
    LOCATION_SCHEMA,
    REVISION_SCHEMA,
    GivenModel,
    given_model,
)
from actions_service.actions.plan_output import (
    ALTERNATIVES_SCHEMA,
    PLAN_SCHEMA,
    PLAN_SUMMARY_SCHEMA,
    REASONS_SCHEMA,
    REFUSED_SCHEMA,
    UNUSABLE_NODES_SCHEMA,
)
from actions_service.actions.price_input import EXAMPLE_PRICES, PRICE_PROPERTIES
from neuroscale.planning.explanation import (
    distinct_refusals,
    plan_as_json,
    plan_as_markdown,
    refused_as_json,
    unusable_as_json,
)
from neuroscale.planning.plan import PlanningResult
from neuroscale.planning.reasons import plan_reasons

# The best of every kind of accelerator are among these; the rest only divide the same ones more often.
_MOST_ALTERNATIVES = 20

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "model": LOCATION_SCHEMA,
        "revision": REVISION_SCHEMA,
        "config": CONFIG_SCHEMA,
        "environment": ENVIRONMENT_SCHEMA,
        **DEMAND_PROPERTIES,
        **PRICE_PROPERTIES,
    },
}

_OUTPUT_PROPERTIES: Mapping[str, Any] = {
    "plan": PLAN_SCHEMA,
    "alternatives": ALTERNATIVES_SCHEMA,
    "reasons": REASONS_SCHEMA,
    "refused": REFUSED_SCHEMA,
    "unusableNodes": UNUSABLE_NODES_SCHEMA,
    "summary": PLAN_SUMMARY_SCHEMA,
}


def planned(arguments: Mapping[str, Any], resources: Resources) -> tuple[GivenModel, PlanningResult]:
    """Return the model that a valid input names, and its plans; raises as `plan_serving`."""
    model = given_model(arguments, resources)
    return model, plans_of_input(arguments, resources, model.architecture)


def plan_serving(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Answer the best plan, other plans, and what was refused.

    Raises:
        UnknownModelError: No configuration is given, and neither the catalogue nor a source has the model.
        SourceUnavailableError: Its source does not answer.
        InvalidInputError: The configuration or the demand cannot be planned for.
        NoPlanError: Nothing on offer suffices.
    """
    model, result = planned(arguments, resources)
    best, *others = result.plans
    supply = given_nodes(arguments)
    unusable = () if supply is None else supply.unusable
    return {
        "plan": plan_as_json(best, model.architecture),
        "alternatives": [plan_as_json(plan, model.architecture) for plan in others[:_MOST_ALTERNATIVES]],
        "reasons": list(plan_reasons(best, model.architecture)),
        "refused": [refused_as_json(refused) for refused in distinct_refusals(result.refused)],
        "unusableNodes": [unusable_as_json(nodes) for nodes in unusable],
        "summary": plan_as_markdown(result, model.architecture, unusable),
    }


ACTION: Action = define_action(
    name="plan-serving",
    title="Plan how a model is served",
    description=(
        "Chooses accelerators, parallelism and replicas for what the endpoint must do. Every candidate is judged "
        "by the rules that admission enforces, so the plan is never denied later. Answers the plan with its "
        "reasons, other plans, and what was refused and why."
    ),
    input_schema=_INPUT_SCHEMA,
    output_schema={
        "type": "object",
        "required": list(_OUTPUT_PROPERTIES),
        "additionalProperties": False,
        "properties": _OUTPUT_PROPERTIES,
    },
    examples=(
        Example(
            "A model of the catalogue",
            {"model": "google/gemma-4-26B-A4B", "contextLength": 8192, "concurrency": 8},
        ),
        Example(
            "On the accelerators that a cluster has",
            {
                "model": "google/gemma-4-26B-A4B",
                "contextLength": 32768,
                "concurrency": 16,
                "environment": "production",
                "accelerators": ["h100-80gb-sxm"],
                "engine": "vllm@0.33.0",
            },
        ),
        Example(
            "Fast enough, on the nodes of a cluster, at the platform's prices",
            {
                "model": "google/gemma-4-26B-A4B",
                "contextLength": 8192,
                "concurrency": 8,
                "promptLength": 2048,
                "timeToFirstToken": 1.5,
                "timePerOutputToken": 0.05,
                "nodes": [{"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "4"}],
                "prices": EXAMPLE_PRICES,
            },
        ),
    ),
    handler=plan_serving,
)
