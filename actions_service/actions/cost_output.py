"""The schemas of costs: of an endpoint that is planned, and of endpoints that ran."""

from collections.abc import Mapping
from typing import Any

_MONEY = r"^-?[0-9]+(\.[0-9]+)?$"


def _value(json_type: str | list[str], description: str, example: object) -> dict[str, Any]:
    return {"type": json_type, "description": description, "examples": [example]}


def _money(description: str, example: str | None, *, may_be_null: bool = False) -> dict[str, Any]:
    kind: str | list[str] = ["string", "null"] if may_be_null else "string"
    return {"type": kind, "pattern": _MONEY, "description": description, "examples": [example]}


def _object(description: str, properties: dict[str, Any], *, may_be_null: bool = False) -> dict[str, Any]:
    return {
        "type": ["object", "null"] if may_be_null else "object",
        "description": description,
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
        "examples": [{name: schema["examples"][0] for name, schema in properties.items()}],
    }


def _list(description: str, items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": items, "examples": [items["examples"]]}


_PLANNED = _object(
    "A plan and what it costs.",
    {
        "accelerator": _value("string", "Kind of accelerator.", "h100-80gb-sxm"),
        "acceleratorsPerReplica": _value("integer", "Accelerators of one replica.", 1),
        "minimumReplicas": _value("integer", "Replicas that always run.", 1),
        "maximumReplicas": _value("integer", "Replicas the autoscaler may reach.", 2),
        "arguments": _list("What the engine is told.", _value("string", "One argument.", "--max-model-len=8192")),
        "perAcceleratorHour": _money("Price of one accelerator for an hour.", "4.0"),
        "perHour": _money("Accelerators of the replicas that always run, for an hour.", "4.00"),
        "perMonth": _money("The same for a month of 730 hours.", "2920.00"),
        "perMonthAtMost": _money("The same with all replicas that the autoscaler may reach, all month.", "5840.00"),
        "perMillionOutputTokens": _object(
            "Cost of a million generated tokens while all replicas are full; more when they are not. Null where no "
            "speed is known.",
            {"low": _money("At the highest expected speed.", "0.21"), "high": _money("At the lowest.", "0.55")},
            may_be_null=True,
        ),
    },
)

ESTIMATE_SCHEMA: Mapping[str, Any] = _object(
    "What an endpoint would cost; null where usage was asked about.",
    {
        "currency": _value("string", "ISO 4217 code of every amount.", "USD"),
        "commitment": _value("string", "How the accelerators are bought.", "on-demand"),
        "region": _value(
            ["string", "null"], "Region whose prices hold; null for those that hold everywhere.", None
        ),
        "plan": _PLANNED,
        "alternatives": _list("Other plans that meet the demand, the next best first.", _PLANNED),
    },
    may_be_null=True,
)

_REASON = _value(["string", "null"], "Why there is no amount.", None)
_PART = _value(["number", "null"], "Part of what its kind of accelerators did, 0 to 1.", 0.263915)
_ENDPOINT = _object(
    "What one endpoint costs by each view.",
    {
        "endpoint": _value("string", "Namespace and name.", "team-a/assistant"),
        "model": _value(["string", "null"], "Repository of its model.", "google/gemma-4-26B-A4B"),
        "owner": _value(["string", "null"], "Value of the label owner.", "team-a"),
        "costCenter": _value(["string", "null"], "Value of the label cost-center.", "cc-1001"),
        "accelerator": _value(["string", "null"], "Kind of its accelerators.", "h100-80gb-sxm"),
        "acceleratorHours": _value("number", "Hours of accelerators that it held.", 720.0),
        "allocation": _money("By what it held.", "2880.00", may_be_null=True),
        "compute": _money("By what it computed.", "1520.15", may_be_null=True),
        "tokens": _money("By what it served.", "4320.00", may_be_null=True),
        "computeUtilisation": _value(
            ["number", "null"], "Its arithmetic by the dense 16-bit peak of its accelerators.", 0.017887
        ),
    },
)
_GROUP = _object(
    "The endpoints of one model, owner or cost centre.",
    {
        "name": _value(["string", "null"], "What they have in common; null for those that state none.", "team-a"),
        "acceleratorHours": _value("number", "Hours of accelerators that they held.", 720.0),
        "allocation": _object(
            "What they held, at the stated prices.",
            {"amount": _money("The amount.", "2880.00", may_be_null=True), "reason": _REASON},
        ),
        "compute": _object(
            "Their part of the bill by the arithmetic they did.",
            {
                "amount": _money("The amount.", "1520.15", may_be_null=True),
                "reason": _REASON,
                "part": _PART,
                "bases": _list(
                    "What stands for arithmetic: engine-flops, tokens or proxy.",
                    _value("string", "One basis.", "tokens"),
                ),
            },
        ),
        "tokens": _object(
            "Their part of the bill by the tokens they served.",
            {
                "amount": _money("The amount.", "4320.00", may_be_null=True),
                "reason": _REASON,
                "part": _value(["number", "null"], "Part of the tokens of its kind of accelerators.", 0.75),
                "promptTokens": _value(["integer", "null"], "Prompt tokens.", 5_000_000_000),
                "generatedTokens": _value(["integer", "null"], "Generated tokens.", 1_000_000_000),
            },
        ),
        "perMillionTokens": _object(
            "What they were billed for a million tokens.",
            {
                "served": _money("Prompt and generated tokens together.", "0.4800", may_be_null=True),
                "generated": _money("Generated tokens alone.", "2.8800", may_be_null=True),
                "reason": _REASON,
            },
        ),
        "difference": _value(
            "string",
            "Why the views differ, in one line with the numbers.",
            "holds 51.6 GB because all 128 experts must be resident, but computes with 3.8 of 25.8 billion "
            "parameters per token",
        ),
        "endpoints": _list("The endpoints.", _ENDPOINT),
    },
)
_VIEW_TOTAL = _object(
    "Sum of a view; both parts together are what was billed.",
    {
        "divided": _money("Sum of its amounts.", "5760.00"),
        "leftOut": _money("What the endpoints are billed that it has no amount for.", "0"),
    },
)

ATTRIBUTION_SCHEMA: Mapping[str, Any] = _object(
    "Three views of one bill; null where an endpoint was asked about.",
    {
        "currency": _value(["string", "null"], "ISO 4217 code of every amount.", "USD"),
        "window": _value(
            ["string", "null"], "The window in times.", "2026-10-01T00:00:00Z to 2026-10-31T00:00:00Z"
        ),
        "by": _value("string", "What the endpoints are grouped by.", "owner"),
        "groups": _list("The groups by name.", _GROUP),
        "totals": _object(
            "Sums over all endpoints.",
            {
                "acceleratorHours": _value("number", "Hours of accelerators.", 1440.0),
                "allocation": _money("What was billed.", "5760.00"),
                "compute": _VIEW_TOTAL,
                "tokens": _VIEW_TOTAL,
            },
        ),
        "notes": _list(
            "What has to be known beside the figures.",
            _value("string", "One note.", "Tokens were not asked for: name a Prometheus that scrapes the engines."),
        ),
    },
    may_be_null=True,
)

COST_SUMMARY_SCHEMA: Mapping[str, Any] = _value(
    "string", "The answer in Markdown.", "| owner | accelerator-hours | allocation | compute | tokens |"
)
COST_PICTURE_SCHEMA: Mapping[str, Any] = _value(
    ["string", "null"], "One bill divided in three ways, as SVG; null where an endpoint was asked about.", None
)
