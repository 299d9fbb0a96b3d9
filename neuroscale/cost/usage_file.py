"""Usage of endpoints as a person or another system writes it down."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from neuroscale.cost.usage import EndpointUsage, TokenCounts
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.manifests.object import format_field_path
from neuroscale.suggestions import closest_names


@cache
def usage_schema() -> Mapping[str, Any]:
    """Return the JSON Schema (draft 7) of written usage."""
    schema: Mapping[str, Any] = json.loads(
        (files("neuroscale.cost") / "data" / "usage.schema.json").read_text(encoding="utf-8")
    )
    return schema


def read_usage(document: Mapping[str, Any], place: str = "") -> tuple[EndpointUsage, ...]:
    """Return the endpoints of written usage.

    Args:
        document: A mapping with `endpoints`, as `usage_schema` describes it.
        place: Where it was read, for messages; "" names the fields alone.

    Raises:
        InvalidInputError: A field is unknown, missing or wrong, or an endpoint is there twice.
    """
    prefix = f"{place}: " if place else ""
    violation = best_match(_validator().iter_errors(document))
    if violation is not None:
        path = format_field_path(tuple(violation.absolute_path))
        description = violation.schema.get("description") if isinstance(violation.schema, dict) else None
        raise InvalidInputError(
            violation.message[:200], field=(prefix + path).rstrip(": ") or None, fix=description
        )
    endpoints: dict[str, EndpointUsage] = {}
    for index, entry in enumerate(document["endpoints"]):
        field = f"{prefix}endpoints[{index}]"
        endpoint = _endpoint(entry, field)
        if endpoint.title in endpoints:
            raise InvalidInputError(
                f"{endpoint.title} is there twice", field=field, fix="state each endpoint of a window once"
            )
        endpoints[endpoint.title] = endpoint
    return tuple(endpoints.values())


@cache
def _validator() -> Draft7Validator:
    return Draft7Validator(usage_schema())


def _endpoint(entry: Mapping[str, Any], field: str) -> EndpointUsage:
    return EndpointUsage(
        namespace=entry.get("namespace", ""),
        name=entry["name"],
        accelerator_hours=_decimal(entry["acceleratorHours"]),
        model=entry.get("model"),
        owner=entry.get("owner"),
        cost_center=entry.get("costCenter"),
        accelerator=_accelerator(entry.get("accelerator"), f"{field}.accelerator"),
        processor_core_hours=_decimal(entry.get("cpuCoreHours", 0)),
        memory_gibibyte_hours=_decimal(entry.get("memoryGiBHours", 0)),
        billed=None if "billed" not in entry else _decimal(entry["billed"]),
        tokens=_tokens(entry, field),
    )


def _tokens(entry: Mapping[str, Any], field: str) -> TokenCounts | None:
    stated = [name for name in ("promptTokens", "generatedTokens") if name in entry]
    if not stated:
        orphan = next((name for name in ("cachedPromptTokens", "estimatedFlops") if name in entry), None)
        if orphan is not None:
            raise InvalidInputError(
                "says nothing without the tokens",
                field=f"{field}.{orphan}",
                fix="state promptTokens, generatedTokens",
            )
        return None
    if len(stated) == 1:
        missing = "generatedTokens" if stated == ["promptTokens"] else "promptTokens"
        raise InvalidInputError(f"is required beside {stated[0]}", field=f"{field}.{missing}")
    prompt, cached = int(entry["promptTokens"]), entry.get("cachedPromptTokens")
    if cached is not None and cached > prompt:
        raise InvalidInputError(
            f"{cached} are more than all {prompt} prompt tokens", field=f"{field}.cachedPromptTokens"
        )
    flops = entry.get("estimatedFlops")
    return TokenCounts(
        prompt_tokens=prompt,
        generated_tokens=int(entry["generatedTokens"]),
        cached_prompt_tokens=None if cached is None else int(cached),
        estimated_flops=None if flops is None else int(flops),
    )


def _accelerator(name: str | None, field: str) -> str | None:
    known = load_accelerators()
    if name is None or name in known:
        return name
    near = closest_names(name, list(known))
    fix = f"did you mean {' or '.join(near)}?" if near else f"use one of: {', '.join(known)}"
    raise InvalidInputError(f"unknown accelerator {name!r}", field=field, fix=fix)


def _decimal(number: float) -> Decimal:
    """Return a number with the digits that it was written with."""
    return Decimal(str(number))
