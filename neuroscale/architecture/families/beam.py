"""Beam: AFMoE's gated attention with a gate bias per head, four norms per layer, and no shared experts.

Every sixth layer and the last attend fully; the first three are dense. The correction bias of the router is a
buffer. Defined by BeamConfig and BeamForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import every_nth_layer_full, stated_attention_kinds, typed_layers

_PERIOD_OF_FULL_LAYERS = 6
_DENSE_LAYERS = 3


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = stated_attention_kinds(fields)
    if kinds is None:
        kinds = (*every_nth_layer_full(fields, _PERIOD_OF_FULL_LAYERS)[:-1], "full")
    return typed_layers(fields, kinds, _DENSE_LAYERS)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", head_norm="head"
    )
    heads = query_heads(fields)
    gate = projection(hidden_size(fields), heads * block.head_dimension)
    modules = (*block.modules, ("self_attn.gate_proj", gate))
    return replace(block, weights=block.weights + gate + heads, modules=modules)


BEAM = Family(
    model_types=("beam",),
    class_names=("BeamForCausalLM",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 5120,
        "intermediate_size": 20480,
        "num_hidden_layers": 52,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 8192,
        "sliding_window": 512,
        "moe_intermediate_size": 2560,
        "num_experts": 256,
        "num_experts_per_tok": 8,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=expert_feed_forward,
    norms_per_layer=4,
)

FAMILIES = (BEAM,)
