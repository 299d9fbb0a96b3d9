"""What an endpoint must do, as an input of actions."""

from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from actions_service.action import Resources
from actions_service.actions.price_input import given_tariff
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.rendering.request import ENVIRONMENTS
from neuroscale.planning.engine_choice import read_engine_version
from neuroscale.planning.node_supply import NodeSupply, node_of_labels, read_node_supply, usable_accelerators
from neuroscale.planning.plan import Demand, PlanningResult, least_replicas_in
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION, plan_serving

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
        "description": (
            "Requests answered at the same time without queueing, each at the longest context, or as long as a "
            "typical prompt and answer where answerLength is given."
        ),
        "minimum": 1,
        "maximum": 1_000_000,
        "default": 1,
        "examples": [8],
    },
    "promptLength": {
        "type": "integer",
        "title": "Typical prompt",
        "description": (
            "Tokens of a typical prompt; without it what the answer leaves of the context, else half of it."
        ),
        "minimum": 1,
        "maximum": 100_000_000,
        "examples": [2048],
    },
    "answerLength": {
        "type": "integer",
        "title": "Typical answer",
        "description": (
            "Tokens of a typical answer; the concurrent requests are then as long as prompt and answer. Without "
            "it, the rest of the context."
        ),
        "minimum": 1,
        "maximum": 100_000_000,
        "examples": [512],
    },
    "timeToFirstToken": {
        "type": "number",
        "title": "Time to first token",
        "description": "Seconds that a typical prompt takes to its first token at most, without a queue.",
        "minimum": 0.001,
        "maximum": 86_400,
        "examples": [1.5],
    },
    "timePerOutputToken": {
        "type": "number",
        "title": "Time per output token",
        "description": "Seconds between two tokens of one answer at most.",
        "minimum": 0.0001,
        "maximum": 3600,
        "examples": [0.05],
    },
    "tokensPerSecond": {
        "type": "number",
        "title": "Tokens per second",
        "description": "Output tokens that the whole endpoint makes at least.",
        "minimum": 0.001,
        "maximum": 1_000_000_000,
        "examples": [2000],
    },
    "accelerators": {
        "type": "array",
        "title": "Accelerators",
        "description": "Kinds on offer; without it those of the nodes, or those that the platform offers.",
        "minItems": 1,
        "maxItems": 100,
        "uniqueItems": True,
        "items": {"type": "string", "enum": list(load_accelerators()), "examples": ["h100-80gb-sxm"]},
        "examples": [["h100-80gb-sxm"]],
    },
    "nodes": {
        "type": "array",
        "title": "Nodes",
        "description": (
            "The cluster's nodes, whose accelerators are then on offer: Node objects, or their labels alone."
        ),
        "minItems": 1,
        "maxItems": 5000,
        "items": {"type": "object"},
        "examples": [[{"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8"}]],
    },
    "kvCacheDataType": {
        "type": "string",
        "title": "KV cache data type",
        "description": "Value of the engine's --kv-cache-dtype; a narrow cache is never chosen unasked.",
        "pattern": r"^[a-z][a-z0-9_]{0,39}$",
        "examples": ["fp8"],
    },
    "quantization": {
        "type": "string",
        "title": "Quantization",
        "description": "Value of the engine's --quantization; weights are never narrowed unasked.",
        "pattern": r"^[a-z][a-z0-9_-]{0,39}$",
        "examples": ["fp8_per_block"],
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


def plans_of_input(
    arguments: Mapping[str, Any], resources: Resources, architecture: ModelArchitecture
) -> PlanningResult:
    """Return the plans for what an input asks, by the prices it gives, else by the platform's.

    Raises:
        UnreadableInputError: The price book is not YAML.
        InvalidInputError: A field of the price book or of the demand is wrong, a node is none, or a region is
            given without prices.
        NoPlanError: Nothing on offer suffices.
    """
    question = (
        architecture,
        given_demand(arguments),
        given_accelerators(arguments, resources.accelerators),
        given_engine_version(arguments),
    )
    tariff = given_tariff(arguments, resources)
    if tariff is None:
        return plan_serving(*question)
    return plan_serving(*question, tariff.book, tariff.region, tariff.commitment)


def given_demand(arguments: Mapping[str, Any]) -> Demand:
    """Return the demand; JSON writes whole numbers as 8192.0 too, so numbers are made whole here."""
    context_length = arguments.get("contextLength")
    prompt_length, answer_length = arguments.get("promptLength"), arguments.get("answerLength")
    environment = arguments.get("environment", ENVIRONMENT_SCHEMA["default"])
    return Demand(
        context_length_tokens=None if context_length is None else int(context_length),
        concurrent_requests=int(arguments.get("concurrency", DEMAND_PROPERTIES["concurrency"]["default"])),
        least_replicas=least_replicas_in(environment),
        time_to_first_token_seconds=arguments.get("timeToFirstToken"),
        time_per_output_token_seconds=arguments.get("timePerOutputToken"),
        tokens_per_second=arguments.get("tokensPerSecond"),
        prompt_tokens=None if prompt_length is None else int(prompt_length),
        answer_tokens=None if answer_length is None else int(answer_length),
        kv_cache_data_type=arguments.get("kvCacheDataType"),
        quantization=arguments.get("quantization"),
    )


def given_accelerators(arguments: Mapping[str, Any], offered: tuple[Accelerator, ...]) -> tuple[Accelerator, ...]:
    """Return what is on offer: of the given nodes those that the input names, else of all or of the platform's.

    Raises:
        InvalidInputError: A node is none, or none of them has an accelerator that is named.
        NoPlanError: The nodes offer nothing that can be used.
    """
    names = arguments.get("accelerators")
    supply = given_nodes(arguments)
    if supply is None:
        return offered if names is None else tuple(accelerator_by_name(name) for name in names)
    present = {accelerator.name: accelerator for accelerator in usable_accelerators(supply)}
    for name in names or ():
        if name not in present:
            raise InvalidInputError(
                f"no node offers {name}", field="accelerators", fix=f"the nodes offer {', '.join(present)}"
            )
    return tuple(present[name] for name in (names or present))


def given_nodes(arguments: Mapping[str, Any]) -> NodeSupply | None:
    """Return what the given nodes offer; None where no nodes are given.

    Raises:
        InvalidInputError: One of them is neither a Node nor a mapping of labels.
    """
    if "nodes" not in arguments:
        return None
    return read_node_supply([_node(node, index) for index, node in enumerate(arguments["nodes"])])


def _node(given: Mapping[str, Any], index: int) -> ManifestObject:
    if "kind" in given or "metadata" in given:
        try:
            return manifest_from_mapping({"apiVersion": "v1", "kind": "Node", **given})
        except InvalidInputError as error:
            raise InvalidInputError(
                error.message, field=f"nodes[{index}].{error.field or ''}".rstrip("."), fix=error.fix
            ) from error
    for label, value in given.items():
        if not isinstance(value, str):
            raise InvalidInputError(
                f"the label {label[:60]} must be a string", field=f"nodes[{index}]", fix="give a Node or its labels"
            )
    return node_of_labels(str(index), given)


def given_engine_version(arguments: Mapping[str, Any]) -> Version:
    """Return the engine version to plan for; raises InvalidInputError when it is no version."""
    return read_engine_version(arguments.get("engine", DEMAND_PROPERTIES["engine"]["default"]))
