"""What an endpoint must do, as an input of actions."""

from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.manifests.rendering.request import ENVIRONMENTS
from neuroscale.planning.engine_choice import read_engine_version
from neuroscale.planning.plan import Demand, least_replicas_in
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION

ENVIRONMENT_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "title": "Environment",
    "description": "Production keeps at least two replicas, so that it survives a drained node.",
    "enum": list(ENVIRONMENTS),
    "default": "development",
    "examples": ["production"],
}

DEMAND_PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "contextLength": {
        "type": "integer",
        "title": "Longest context",
        "description": "Tokens of the longest prompt and its answer together; without it the model's own maximum.",
        "minimum": 1,
        "maximum": 100_000_000,
        "examples": [8192],
    },
    "concurrency": {
        "type": "integer",
        "title": "Concurrent requests",
        "description": "Requests answered at the same time without queueing, each at the longest context.",
        "minimum": 1,
        "maximum": 1_000_000,
        "default": 1,
        "examples": [8],
    },
    "accelerators": {
        "type": "array",
        "title": "Accelerators",
        "description": "Kinds on offer; without it those that the platform offers.",
        "minItems": 1,
        "maxItems": 100,
        "uniqueItems": True,
        "items": {"type": "string", "enum": list(load_accelerators()), "examples": ["h100-80gb-sxm"]},
        "examples": [["h100-80gb-sxm"]],
    },
    "engine": {
        "type": "string",
        "title": "Engine",
        "description": "The serving engine and its version, such as vllm@0.33.0.",
        "maxLength": 60,
        "pattern": r"^vllm(@[0-9][0-9A-Za-z.+-]*)?$",
        "default": f"vllm@{DEFAULT_ENGINE_VERSION}",
        "examples": ["vllm@0.33.0"],
    },
}


def given_demand(arguments: Mapping[str, Any]) -> Demand:
    """Return the demand; JSON writes whole numbers as 8192.0 too, so numbers are made whole here."""
    context_length = arguments.get("contextLength")
    environment = arguments.get("environment", ENVIRONMENT_SCHEMA["default"])
    return Demand(
        context_length_tokens=None if context_length is None else int(context_length),
        concurrent_requests=int(arguments.get("concurrency", DEMAND_PROPERTIES["concurrency"]["default"])),
        least_replicas=least_replicas_in(environment),
    )


def given_accelerators(arguments: Mapping[str, Any], offered: tuple[Accelerator, ...]) -> tuple[Accelerator, ...]:
    """Return the accelerators that the input names, else those that the platform offers."""
    if "accelerators" not in arguments:
        return offered
    return tuple(accelerator_by_name(name) for name in arguments["accelerators"])


def given_engine_version(arguments: Mapping[str, Any]) -> Version:
    """Return the engine version to plan for; raises InvalidInputError when it is no version."""
    return read_engine_version(arguments.get("engine", DEMAND_PROPERTIES["engine"]["default"]))
