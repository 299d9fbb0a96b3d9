"""What an endpoint would cost, and who pays for endpoints that ran."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.cost_output import (
    ATTRIBUTION_SCHEMA,
    COST_PICTURE_SCHEMA,
    COST_SUMMARY_SCHEMA,
    ESTIMATE_SCHEMA,
)
from actions_service.actions.demand_input import DEMAND_PROPERTIES, ENVIRONMENT_SCHEMA
from actions_service.actions.model_input import CONFIG_SCHEMA, LOCATION_SCHEMA, REVISION_SCHEMA
from actions_service.actions.planned_cost import planned_cost, planned_cost_as_markdown
from actions_service.actions.price_input import EXAMPLE_PRICES, PRICE_PROPERTIES, given_tariff
from neuroscale.cost.attribution import attribute
from neuroscale.cost.bill import BilledElsewhere
from neuroscale.cost.grouping import GROUPINGS, GroupedBy
from neuroscale.cost.picture import cost_drawing
from neuroscale.cost.report import CostReport, report_as_json, report_as_markdown, unbilled
from neuroscale.cost.usage_file import usage_schema
from neuroscale.cost_sources.usage import MeasuredUsage, read_measured_usage, read_saved_usage
from neuroscale.errors import InvalidInputError
from neuroscale.pictures.svg import svg_document

_SUBJECTS = ("model", "usage", "openCost", "window")
_DEFAULT_BY = "owner"
_EXAMPLE_USAGE = {
    "endpoints": [
        {
            "namespace": "team-a",
            "name": "assistant",
            "model": "google/gemma-4-26B-A4B",
            "owner": "team-a",
            "accelerator": "h100-80gb-sxm",
            "acceleratorHours": 720,
            "promptTokens": 5_000_000_000,
            "generatedTokens": 1_000_000_000,
        },
        {
            "namespace": "team-b",
            "name": "search",
            "model": "Qwen/Qwen3-32B",
            "owner": "team-b",
            "accelerator": "h100-80gb-sxm",
            "acceleratorHours": 720,
            "promptTokens": 1_500_000_000,
            "generatedTokens": 500_000_000,
        },
    ]
}

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "model": LOCATION_SCHEMA,
        "revision": REVISION_SCHEMA,
        "config": CONFIG_SCHEMA,
        "environment": ENVIRONMENT_SCHEMA,
        **DEMAND_PROPERTIES,
        "usage": {
            "type": "object",
            "title": "Usage",
            "description": "What endpoints held and served over one window.",
            "required": list(usage_schema()["required"]),
            "additionalProperties": False,
            "properties": usage_schema()["properties"],
            "examples": [_EXAMPLE_USAGE],
        },
        "openCost": {
            "type": "object",
            "title": "Answer of OpenCost",
            "description": "What /allocation of OpenCost answered, without aggregation, as it is.",
            "minProperties": 1,
            "examples": [{"code": 200, "status": "success", "data": [{}]}],
        },
        "window": {
            "type": "string",
            "title": "Window",
            "description": "What the service asks its OpenCost for: 24h, 7d, lastmonth, or two times with a comma.",
            "maxLength": 60,
            "examples": ["7d"],
        },
        "by": {
            "type": "string",
            "title": "Grouped by",
            "description": "What the endpoints that ran are grouped by.",
            "enum": list(GROUPINGS),
            "default": _DEFAULT_BY,
            "examples": ["owner"],
        },
        **PRICE_PROPERTIES,
    },
}

_OUTPUT_PROPERTIES: Mapping[str, Any] = {
    "estimate": ESTIMATE_SCHEMA,
    "attribution": ATTRIBUTION_SCHEMA,
    "summary": COST_SUMMARY_SCHEMA,
    "picture": COST_PICTURE_SCHEMA,
}


def estimate_cost(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Answer what an endpoint would cost, or the three views of what endpoints cost.

    Raises:
        InvalidInputError: It is not said what is asked about, or a field of it is wrong.
        UnknownModelError: No configuration is given, and neither the catalogue nor a source has the model.
        NoPlanError: Nothing that has a price suffices.
        CostSourceUnavailableError: OpenCost or Prometheus does not answer.
        CostSourceAccessError: One of them refuses the service.
    """
    subject = _subject(arguments)
    tariff = given_tariff(arguments, resources)
    if subject == "model":
        estimate = planned_cost(arguments, resources, tariff)
        summary = planned_cost_as_markdown(estimate)
        return {"estimate": estimate, "attribution": None, "summary": summary, "picture": None}
    measured = asyncio.run(_measured(subject, arguments, resources))
    pricing = BilledElsewhere(measured.currency) if tariff is None else tariff
    attribution = attribute(measured.endpoints, pricing, resources.catalogue.find)
    by = cast("GroupedBy", arguments.get("by", _DEFAULT_BY))
    report = CostReport(attribution, by, measured.window, (*unbilled(attribution.endpoints), *measured.notes))
    return {
        "estimate": None,
        "attribution": report_as_json(report),
        "summary": report_as_markdown(report),
        "picture": svg_document(cost_drawing(report)),
    }


def _subject(arguments: Mapping[str, Any]) -> str:
    """Return what is asked about. The schema cannot say it: agents' tools take no alternatives at its root."""
    named = [name for name in _SUBJECTS if name in arguments or (name == "model" and "config" in arguments)]
    if len(named) != 1:
        said = f"{' and '.join(named)} are asked about at once" if named else "nothing is asked about"
        raise InvalidInputError(
            said, field="model", fix="give a model to be served, or one of usage, openCost and window"
        )
    return named[0]


async def _measured(subject: str, arguments: Mapping[str, Any], resources: Resources) -> MeasuredUsage:
    costs = resources.costs
    if subject == "usage":
        return await read_saved_usage(arguments["usage"], "usage")
    if subject == "openCost":
        return await read_saved_usage(arguments["openCost"], "openCost", costs.tokens)
    if costs.opencost is None:
        raise InvalidInputError(
            "the service knows no OpenCost", field="window", fix="pass its answer as openCost, or tell the operator"
        )
    return await read_measured_usage(costs.opencost, arguments["window"], costs.tokens)


ACTION: Action = define_action(
    name="estimate-cost",
    title="Estimate what an endpoint costs, or who pays for endpoints that ran",
    description=(
        "For a model and what its endpoint must do: what the plan costs by the hour, the month and the million "
        "tokens. For endpoints that ran: three views of one bill, by accelerators held, arithmetic done and tokens "
        "served, for each model, owner or cost centre, with the difference explained in one line."
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
            "An endpoint that is planned",
            {
                "model": "google/gemma-4-26B-A4B",
                "contextLength": 8192,
                "concurrency": 8,
                "prices": EXAMPLE_PRICES,
            },
        ),
        Example("Two teams with the same accelerator-hours", {"usage": _EXAMPLE_USAGE, "prices": EXAMPLE_PRICES}),
    ),
    handler=estimate_cost,
)
