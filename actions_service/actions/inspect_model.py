"""What a model is: dense or Mixture-of-Experts, and its exact parameters by component."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.model_input import (
    CONFIG_SCHEMA,
    LOCATION_SCHEMA,
    REVISION_SCHEMA,
    given_model,
)
from actions_service.actions.model_output import OUTPUT_SCHEMA
from actions_service.actions.source_output import SOURCE_PROPERTIES, source_as_json
from neuroscale.reports.model_report import model_as_markdown
from neuroscale.sizing.model_summary import model_as_json

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"model": LOCATION_SCHEMA, "revision": REVISION_SCHEMA, "config": CONFIG_SCHEMA},
}

_OUTPUT_SCHEMA: Mapping[str, Any] = {
    **OUTPUT_SCHEMA,
    "required": [*OUTPUT_SCHEMA["required"], *SOURCE_PROPERTIES],
    "properties": {**OUTPUT_SCHEMA["properties"], **SOURCE_PROPERTIES},
}

_SMALL_CONFIG: Mapping[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_attention_heads": 32,
    "num_hidden_layers": 16,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}


def inspect_model(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Answer the architecture of the model; facts that cannot be read are null, and `unread` says why.

    Raises:
        UnknownModelError: No configuration is given, and neither the catalogue nor a source has the model.
        SourceRefusedError: The model is at a source that may not be read.
        SourceUnavailableError: Its source does not answer.
        InvalidInputError: The configuration cannot be one of a model.
    """
    model = given_model(arguments, resources)
    return {
        "repository": model.repository or None,
        **model_as_json(model.architecture),
        **source_as_json(model),
        "summary": model_as_markdown(model.repository, model.architecture),
    }


ACTION: Action = define_action(
    name="inspect-model",
    title="Inspect a model",
    description=(
        "Reads a model's architecture from its configuration alone: dense or Mixture-of-Experts, exact total and "
        "active parameters by component, stored weight bytes, KV cache per token, attention, context length, "
        "quantisation, and the labels for its objects."
    ),
    input_schema=_INPUT_SCHEMA,
    output_schema=_OUTPUT_SCHEMA,
    examples=(
        Example("A model of the catalogue", {"model": "google/gemma-4-26B-A4B"}),
        Example("A configuration of your own", {"config": _SMALL_CONFIG}),
    ),
    handler=inspect_model,
)
