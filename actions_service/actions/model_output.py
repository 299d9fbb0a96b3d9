"""The schema of a model's architecture as `inspect-model` answers it."""

from collections.abc import Mapping
from typing import Any


def _fact(json_type: str, description: str, example: object, **more: object) -> dict[str, Any]:
    """Return the schema of a fact that is null when it is not known."""
    return {"type": [json_type, "null"], "description": description, "examples": [example], **more}


def _known(json_type: str, description: str, example: object, **more: object) -> dict[str, Any]:
    return {"type": json_type, "description": description, "examples": [example], **more}


def _object(description: str, properties: dict[str, Any], *, nullable: bool) -> dict[str, Any]:
    """Return the schema of an object whose properties are all there; its example is made of theirs."""
    return {
        "type": ["object", "null"] if nullable else "object",
        "description": description,
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
        "examples": [{name: schema["examples"][0] for name, schema in properties.items()}],
    }


_COMPONENTS = {
    "input_embedding": ("Input embedding.", 738197504),
    "attention": ("Attention.", 1110179840),
    "dense_feed_forward": ("Dense feed-forward.", 535265280),
    "router": ("Router.", 10901760),
    "routed_experts": ("All routed experts.", 22837985280),
    "shared_experts": ("Experts that are always active.", 0),
    "normalisation": ("Norms.", 612096),
    "output_head": ("Output head; 0 when it reuses the input embedding.", 0),
    "vision_tower": ("Vision tower and its projector.", 572792112),
    "audio_tower": ("Audio tower and its projector.", 0),
    "other": ("Everything else.", 0),
}

_EXPERTS = {
    "routed_experts": _known("integer", "Experts among which the router chooses, in each MoE layer.", 128),
    "experts_per_token": _known("integer", "Experts that the router chooses for one token.", 8),
    "expert_intermediate_size": _known("integer", "Width of one routed expert's feed-forward.", 704),
    "moe_layers": _known("integer", "Layers that hold routed experts.", 30),
    "shared_intermediate_size": _known("integer", "Summed width of the shared experts.", 0),
    "expert_hidden_size": _fact("integer", "Width that a routed expert reads and writes.", 2816),
    "matrices_per_expert": _fact("integer", "Projections of one routed expert: 3 with a gate, 2 without.", 3),
    "zero_experts": _known("integer", "Further choices of the router that have no weights.", 0),
}

_MULTI_TOKEN_PREDICTION = {
    "layers": _known("integer", "Layers of the checkpoint that draft tokens.", 1),
    "parameters": _fact("integer", "What they add to the checkpoint; no other count includes it.", 11610636288),
}

_ATTENTION_GROUP = _object(
    "Layers that share one attention shape.",
    {
        "kind": _known("string", "What the layers keep of a sequence.", "sliding"),
        "layers": _known("integer", "Layers of this shape.", 25),
        "kv_heads": _known("integer", "Key/value heads.", 8),
        "key_elements_per_token": _known("integer", "Cached key elements per token, layer and KV head.", 256),
        "value_elements_per_token": _known("integer", "Cached value elements per token, layer and KV head.", 256),
        "window_tokens": _fact("integer", "Sliding window or chunk, in tokens.", 1024),
        "tokens_per_entry": _known("integer", "Tokens that one cached entry stands for.", 1),
        "indexer_elements_per_token": _known(
            "integer", "Cached key elements of a sparse-attention indexer, per token and layer.", 0
        ),
        "convolution_state_elements": _known(
            "integer", "Constant elements of a short convolution, per sequence and layer.", 0
        ),
        "recurrent_state_elements": _known(
            "integer", "Constant elements of a linear or state-space mixer, per sequence and layer.", 0
        ),
        "state_heads": _known("integer", "Heads of the recurrent state.", 0),
        "state_groups": _known("integer", "Groups of those heads in a Mamba-2 mixer.", 0),
    },
    nullable=False,
)

_ATTENTION = _object(
    "Attention of the language model.",
    {
        "heads": _known("integer", "Query heads.", 16),
        "kv_heads": _known("integer", "Key/value heads.", 8),
        "head_dimension": _known("integer", "Width of a head.", 256),
        "groups": {
            "type": "array",
            "description": "Layers by attention shape.",
            "items": _ATTENTION_GROUP,
            "examples": [_ATTENTION_GROUP["examples"]],
        },
        "is_latent": _known("boolean", "Whether keys and values are cached as one latent row (MLA).", False),
        "other_heads": {
            "type": "array",
            "description": "Query heads of layers that have another number of them.",
            "items": {"type": "integer", "examples": [32]},
            "examples": [[]],
        },
    },
    nullable=True,
)

_CONTEXT = _object(
    "How many tokens the model was made for.",
    {
        "original_tokens": _known("integer", "Positions before any scaling.", 262144),
        "rope_type": _fact("string", "Kind of rope scaling.", "yarn"),
        "rope_factor": _known("number", "Factor of the scaling; 1 when there is none.", 1.0),
        "rope_original_tokens": _fact("integer", "Positions before scaling, where the scaling states them.", 4096),
        "stated_in": _fact(
            "string",
            "Field that states the positions; null for the default of the model's class.",
            "text_config.max_position_embeddings",
        ),
        "maximum_tokens": _known("integer", "Longest context that the engine derives.", 262144),
        "derivation": _known(
            "string",
            "Where the longest context comes from.",
            "262144 of text_config.max_position_embeddings, without rope scaling",
        ),
    },
    nullable=True,
)

_QUANTIZATION = _object(
    "The quantisation that the checkpoint declares.",
    {
        "method": _known("string", "Method.", "fp8"),
        "weight_bits": _fact("number", "Stored bits of a quantised weight.", 8.0),
        "weight_block_size": {
            "type": ["array", "null"],
            "description": "Rows and columns that share one scale.",
            "items": {"type": "integer", "examples": [128]},
            "examples": [[128, 128]],
        },
        "group_size": _fact("integer", "Weights that share one scale.", 128),
        "activation_scheme": _fact("string", "How activations are scaled.", "dynamic"),
        "excluded_modules": {
            "type": "array",
            "description": "Modules that keep their precision.",
            "items": {"type": "string", "examples": ["lm_head"]},
            "examples": [["lm_head"]],
        },
        "targets": {
            "type": "array",
            "description": "Modules that one format is for; empty where that is every linear module.",
            "items": {"type": "string", "examples": ["re:.*mlp.*"]},
            "examples": [[]],
        },
        "kv_cache_type": _fact("string", "Type that the checkpoint prescribes for the KV cache.", "fp8"),
        "groups": {
            "type": "array",
            "description": "Formats of a checkpoint that mixes several; empty for one format.",
            "items": _object(
                "Modules of one format.",
                {
                    "targets": {
                        "type": "array",
                        "description": "Names or patterns of the modules.",
                        "items": {"type": "string", "examples": ["Linear"]},
                        "examples": [["Linear"]],
                    },
                    "weight_bits": _fact("number", "Stored bits per weight.", 4.5),
                },
                nullable=False,
            ),
            "examples": [[]],
        },
    },
    nullable=True,
)


def _bytes(description: str, example: int, *, nullable: bool = False) -> dict[str, Any]:
    return _object(
        description,
        {
            "least": _known("integer", "It cannot be less.", example),
            "most": _known("integer", "What to expect; equal where the configuration settles it.", example),
        },
        nullable=nullable,
    )


_STORED_WEIGHT_BYTES = _object(
    "Bytes of the weights as the checkpoint stores them, scales included.",
    {
        "total": _bytes("All weights, without layers that draft tokens.", 51611867744),
        "by_component": _object(
            "The same by component.",
            {name: _bytes(text, 2 * example) for name, (text, example) in _COMPONENTS.items()},
            nullable=False,
        ),
        "multi_token_prediction": _bytes(
            "Layers that draft tokens; null where there are none or they are not counted.",
            23221272576,
            nullable=True,
        ),
    },
    nullable=True,
)

_LAYER_KIND_CACHE = _object(
    "Cache of the layers of one kind and window.",
    {
        "kind": _known("string", "What the layers keep of a sequence.", "sliding"),
        "layers": _known("integer", "Layers of this kind.", 25),
        "window_tokens": _fact("integer", "Newest tokens that are kept, or kept whole beside entries.", 1024),
        "keeps_every_token": _known("boolean", "Whether the cache grows with every token.", False),
        "bytes_per_token": _known("integer", "Keys and values of one token, in 16 bits.", 204800),
        "fp8_bytes_per_token": _known("integer", "The same in 8 bits.", 102400),
        "indexer_bytes_per_token": _known("integer", "Keys of a sparse-attention indexer.", 0),
        "state_bytes_per_sequence": _bytes("Constant state of a sequence.", 0),
    },
    nullable=False,
)

_KV_CACHE = _object(
    "What a sequence occupies, in the whole model before any parallelism.",
    {
        "bytes_per_token": _known("integer", "One token in layers that keep every token, in 16 bits.", 20480),
        "fp8_bytes_per_token": _known("integer", "The same in 8 bits.", 10240),
        "indexer_bytes_per_token": _known("integer", "Indexer keys of one token.", 0),
        "bytes_per_token_within_windows": _known(
            "integer",
            "One token in all layers while the sequence is shorter than every window, in 16 bits.",
            225280,
        ),
        "state_bytes_per_sequence": _bytes("Constant state of a sequence in recurrent layers.", 0),
        "by_layer_kind": {
            "type": "array",
            "description": "The same by kind of layer.",
            "items": _LAYER_KIND_CACHE,
            "examples": [_LAYER_KIND_CACHE["examples"]],
        },
    },
    nullable=True,
)

_PROPERTIES: dict[str, Any] = {
    "repository": _fact("string", "Repository of the model.", "google/gemma-4-26B-A4B"),
    "model_type": _known("string", "The configuration's model_type.", "gemma4"),
    "class_names": {
        "type": "array",
        "description": "Classes that an engine looks up.",
        "items": {"type": "string", "examples": ["Gemma4ForConditionalGeneration"]},
        "examples": [["Gemma4ForConditionalGeneration"]],
    },
    "is_mixture_of_experts": _fact("boolean", "Whether the model is a Mixture-of-Experts.", True),
    "total_parameters": _fact("integer", "All unique parameters, towers included.", 25805933872),
    "language_model_parameters": _fact("integer", "Parameters without vision or audio towers.", 25233141760),
    "routed_expert_parameters": _fact("integer", "Parameters of all routed experts.", 22837985280),
    "routed_experts": _fact("integer", "Routed experts in each MoE layer.", 128),
    "experts_per_token": _fact("integer", "Experts that compute one token.", 8),
    "active_parameters": _fact("integer", "Parameters that compute one token, embeddings counted.", 3822530560),
    "active_parameters_without_input_embedding": _fact(
        "integer", "Active parameters less the input embedding.", 3084333056
    ),
    "active_parameters_without_embeddings_and_head": _fact(
        "integer", "Active parameters less input embedding and output head.", 3084333056
    ),
    "parameters_by_component": _object(
        "Parameters by component; a tied weight is counted once.",
        {name: _known("integer", text, example) for name, (text, example) in _COMPONENTS.items()},
        nullable=True,
    ),
    "experts": _object(
        "The experts of a Mixture-of-Experts model.",
        _EXPERTS,
        nullable=True,
    ),
    "active_routed_expert_parameters": _fact(
        "integer", "Parameters of the routed experts that compute one token.", 1427374080
    ),
    "multi_token_prediction": _object(
        "Layers of the checkpoint that draft tokens; in no other count.", _MULTI_TOKEN_PREDICTION, nullable=True
    ),
    "layers": _fact("integer", "Layers of the language model.", 30),
    "hidden_size": _fact("integer", "Width of the residual stream.", 2816),
    "vocabulary_size": _fact("integer", "Rows of the token embedding.", 262144),
    "dense_intermediate_size": _fact("integer", "Width of the dense feed-forward.", 2112),
    "tied_embeddings": _fact("boolean", "Whether the output head reuses the input embedding.", True),
    "attention": _ATTENTION,
    "context": _CONTEXT,
    "stored_weight_bytes": _STORED_WEIGHT_BYTES,
    "kv_cache": _KV_CACHE,
    "quantization": _QUANTIZATION,
    "data_type": _fact("string", "Stored type of unquantised weights.", "bfloat16"),
    "labels": {
        "type": "object",
        "description": "Labels for the model's objects; one whose fact is not known is left out.",
        "additionalProperties": False,
        "properties": {
            "model-architecture": _known("string", "moe or dense.", "moe", enum=["moe", "dense"]),
            "active-param-ratio": _known("string", "Active by total parameters.", "0.15"),
            "total-params": _known("string", "Parameters of the language model.", "25.2B"),
        },
        "examples": [{"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}],
    },
    "unread": {
        "type": "array",
        "description": "What could not be read and why, one sentence each; empty when the answer is complete.",
        "items": {"type": "string", "examples": ["The number of layers is not stated."]},
        "examples": [[]],
    },
    "summary": _known(
        "string",
        "The architecture in words (Markdown).",
        "**google/gemma-4-26B-A4B** is a Mixture-of-Experts model: 25.2B parameters must be in memory, "
        "3.8B compute each token.\n",
    ),
}

OUTPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
