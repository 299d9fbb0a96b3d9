"""What is known around the objects of an input that are judged: fields shared by the actions that judge."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Resources
from actions_service.actions.manifest_files import files_schema, read_files
from actions_service.actions.model_input import REPOSITORY_PATTERN
from neuroscale.rules.subject import ClusterFacts

SURROUNDINGS_PROPERTIES: Mapping[str, Any] = {
    "context": files_schema(
        "Context",
        "Objects that are known but not judged: serving runtimes, nodes, ConfigMaps, scaled objects.",
        [],
    ),
    "models": {
        "type": "object",
        "title": "Models",
        "description": "The config.json of models by repository; they win over the catalogue.",
        "maxProperties": 200,
        "propertyNames": {"pattern": REPOSITORY_PATTERN, "maxLength": 200},
        "additionalProperties": {"type": "object"},
        "examples": [{"example/llama": {"model_type": "llama", "num_attention_heads": 32}}],
    },
    "kserve": {
        "type": "string",
        "title": "KServe release",
        "description": "The cluster's release of KServe, such as 0.20.0; without it the platform's.",
        "pattern": r"^v?[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?$",
        "examples": ["0.20.0"],
    },
}


def given_kserve_release(arguments: Mapping[str, Any], resources: Resources) -> str | None:
    """Return the release that an input names, else the platform's; None for the newest known."""
    return arguments["kserve"].removeprefix("v") if "kserve" in arguments else resources.kserve_version


def facts_of_input(arguments: Mapping[str, Any], resources: Resources) -> ClusterFacts:
    """Return what an input says is known around what is judged.

    Raises:
        UnreadableInputError: A file of the context is neither YAML nor JSON.
        InvalidInputError: A document of it is not a Kubernetes object, or a model's configuration cannot be one.
    """
    models = arguments.get("models")
    return ClusterFacts(
        models=resources.catalogue.with_configs(models) if models else resources.catalogue,
        context=read_files(arguments.get("context", ())),
        kserve_version=given_kserve_release(arguments, resources),
        profile_keys=resources.trusted_profile_keys,
    )
