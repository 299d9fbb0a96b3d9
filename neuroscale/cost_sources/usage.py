"""The usage of endpoints, wherever it comes from: OpenCost and Prometheus, or what was saved or written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from neuroscale.cost.pods import NOTHING_STATED, PodTokens, Statements, endpoints_of
from neuroscale.cost.usage import EndpointUsage
from neuroscale.cost.usage_file import read_usage
from neuroscale.cost_sources.client import CostSource, parse_json
from neuroscale.cost_sources.opencost import (
    Allocations,
    Period,
    allocations_of,
    check_length,
    is_answer,
    read_allocations,
)
from neuroscale.cost_sources.prometheus import USUAL_LABELS, PodLabels, read_tokens
from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.yaml_text import parse_yaml

_LARGEST_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where the tokens that engines counted are read.

    Attributes:
        source: The Prometheus.
        labels: The labels that name the pods of its series.
    """

    source: CostSource
    labels: PodLabels = USUAL_LABELS


@dataclass(frozen=True, slots=True)
class MeasuredUsage:
    """Usage, and what has to be known about it.

    Attributes:
        endpoints: The endpoints that held accelerators.
        window: The window in times; None where it is not known.
        currency: Currency of what another tool bills; None where it is not known.
        notes: What a reader has to know beside the figures.
    """

    endpoints: tuple[EndpointUsage, ...]
    window: str | None
    currency: str | None = None
    notes: tuple[str, ...] = ()


async def read_measured_usage(
    opencost: CostSource, window: str, tokens: TokenSource | None = None, statements: Statements = NOTHING_STATED
) -> MeasuredUsage:
    """Return what OpenCost allocates in a window, with the tokens of its pods where Prometheus is at hand.

    Raises:
        CostSourceUnavailableError: One of the two does not answer, or with an error.
        CostSourceAccessError: One of them asks for a token, or refuses the one it was given.
        InvalidInputError: What one of them answers is not what it should be, or no endpoint held an accelerator.
    """
    async with aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
        allocations = await read_allocations(session, opencost, window)
        return await _measured(session, allocations, tokens, statements, f"OpenCost at {opencost.address}")


async def read_saved_usage(
    document: Mapping[str, Any],
    place: str,
    tokens: TokenSource | None = None,
    statements: Statements = NOTHING_STATED,
) -> MeasuredUsage:
    """Return the usage of a document: an answer of OpenCost, or endpoints that a person wrote down.

    Args:
        document: As `parse_usage_text` returns it.
        place: Where it was read, for messages.
        tokens: Where tokens are read; only for an answer of OpenCost, which names pods.
        statements: What a person states beside it.

    Raises:
        CostSourceUnavailableError: Prometheus does not answer, or with an error.
        CostSourceAccessError: It asks for a token, or refuses the one it was given.
        UnreadableInputError: The document is an error of OpenCost.
        InvalidInputError: A field is wrong, or no endpoint held an accelerator.
    """
    if is_answer(document):
        async with aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
            return await _measured(session, allocations_of(document, place), tokens, statements, place)
    if tokens is not None:
        raise InvalidInputError(
            "names no pods, so that no tokens can be read for them", field=place, fix="state the tokens in it"
        )
    endpoints = tuple(endpoint for endpoint in read_usage(document, place) if endpoint.accelerator_hours > 0)
    return MeasuredUsage(_some(endpoints, place), None, document.get("currency"))


def parse_usage_text(text: str, place: str) -> Mapping[str, Any]:
    """Return the document of a text in JSON or YAML.

    Raises:
        UnreadableInputError: It is neither, too large, or not one mapping.
    """
    if len(text) > _LARGEST_FILE_BYTES:
        raise UnreadableInputError(f"larger than {_LARGEST_FILE_BYTES >> 20} MiB", field=place)
    try:
        document = parse_json(text)
    except ValueError:
        documents = [each.value for each in parse_yaml(text, place) if each.value is not None]
        document = documents[0] if len(documents) == 1 else None
    if not isinstance(document, dict):
        raise UnreadableInputError(
            "is no usage",
            field=place,
            fix="save what /allocation of OpenCost answers, or write a mapping with endpoints",
        )
    return document


async def _measured(
    session: aiohttp.ClientSession,
    allocations: Allocations,
    tokens: TokenSource | None,
    statements: Statements,
    place: str,
) -> MeasuredUsage:
    counted: Mapping[tuple[str, str], PodTokens] = {}
    notes: list[str] = []
    if tokens is None:
        notes.append("Tokens were not asked for: name a Prometheus that scrapes the engines to have them.")
    elif allocations.period is None:
        notes.append("Tokens were not asked for: the allocations state no window.")
    else:
        check_length(allocations.period.length, place)
        counted = await read_tokens(session, tokens.source, allocations.period, tokens.labels)
        if not counted:
            notes.append(
                f"{tokens.source.title} at {tokens.source.address} has no tokens of any engine in this window."
            )
    endpoints = endpoints_of(allocations.containers, counted, statements)
    window = None if allocations.period is None else _shown(allocations.period)
    return MeasuredUsage(_some(endpoints, place), window, None, tuple(notes))


def _some(endpoints: tuple[EndpointUsage, ...], place: str) -> tuple[EndpointUsage, ...]:
    if not endpoints:
        raise InvalidInputError("no endpoint held an accelerator in this window", field=place)
    return endpoints


def _shown(period: Period) -> str:
    start, end = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (period.start, period.end))
    return f"{start} to {end}"
