"""A model's architecture as plain JSON: what `neuroscale inspect` and the action `inspect-model` answer."""

from dataclasses import asdict
from typing import Any

from neuroscale.architecture.labels import architecture_labels
from neuroscale.architecture.model import ModelArchitecture


def architecture_as_json(architecture: ModelArchitecture) -> dict[str, Any]:
    """Return the facts of a model under stable names; a fact that is not known is null.

    Active parameters are given in three conventions, because published figures follow different ones.
    """
    parameters = architecture.parameters
    experts = architecture.experts
    prediction = architecture.multi_token_prediction
    return {
        "model_type": architecture.model_type,
        "class_names": list(architecture.class_names),
        "is_mixture_of_experts": architecture.is_mixture_of_experts,
        "total_parameters": None if parameters is None else parameters.total,
        "language_model_parameters": None if parameters is None else parameters.language_model,
        "routed_expert_parameters": None if parameters is None else parameters.routed_experts,
        "routed_experts": None if experts is None else experts.routed_experts,
        "experts_per_token": None if experts is None else experts.experts_per_token,
        "active_parameters": architecture.active_parameters,
        "active_parameters_without_input_embedding": architecture.active_parameters_without_input_embedding,
        "active_parameters_without_embeddings_and_head": architecture.active_parameters_without_embeddings_and_head,
        "parameters_by_component": None if parameters is None else asdict(parameters),
        "experts": None if experts is None else asdict(experts),
        "active_routed_expert_parameters": architecture.active_routed_experts,
        "multi_token_prediction": None if prediction is None else asdict(prediction),
        "layers": architecture.layers,
        "hidden_size": architecture.hidden_size,
        "vocabulary_size": architecture.vocabulary_size,
        "dense_intermediate_size": architecture.dense_intermediate_size,
        "tied_embeddings": architecture.tied_embeddings,
        "attention": _attention(architecture),
        "context": None if architecture.context is None else asdict(architecture.context),
        "quantization": _quantization(architecture),
        "data_type": architecture.data_type,
        "labels": architecture_labels(architecture),
        "unread": list(architecture.unread),
    }


def _attention(architecture: ModelArchitecture) -> dict[str, Any] | None:
    if architecture.attention is None:
        return None
    attention = architecture.attention
    return asdict(attention) | {
        "groups": [asdict(group) for group in attention.groups],
        "other_heads": list(attention.other_heads),
    }


def _quantization(architecture: ModelArchitecture) -> dict[str, Any] | None:
    declared = architecture.quantization
    if declared is None:
        return None
    block = declared.weight_block_size
    return asdict(declared) | {
        "weight_block_size": None if block is None else list(block),
        "excluded_modules": list(declared.excluded_modules),
        "targets": list(declared.targets),
        "groups": [{"targets": list(group.targets), "weight_bits": group.weight_bits} for group in declared.groups],
    }
