"""Doge: dynamic mask attention, learned residual scales and, in its MoE mode, experts of one vector each way.

The experts are rows of two tables beside the dense feed-forward; a product of two sets of keys retrieves those of a
token, so the router grows with the root of their number. `is_moe` decides the mode: the dense models state a number
of experts too. Defined by DogeConfig and DogeForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial
from math import isqrt

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    experts_per_token,
    grouped_query_attention,
    hidden_size,
    projection,
    routed_experts,
)
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import windowed_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    has_experts = fields.flag("is_moe")
    return tuple(LayerKind(kind, dense=True, experts=has_experts) for kind in windowed_attention(fields))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", head_norm="head"
    )
    kv_heads = block.kv_heads
    mask = kv_heads + projection(kv_heads * block.head_dimension, kv_heads, bias=fields.flag("attention_bias"))
    modules = (*block.modules, ("self_attn.dt_proj", projection(kv_heads * block.head_dimension, kv_heads)))
    return replace(block, weights=block.weights + mask, other=2 * hidden_size(fields), modules=modules)


def _experts(fields: Fields, _kind: LayerKind) -> ExpertsBlock:
    hidden, experts = hidden_size(fields), routed_experts(fields)
    return ExpertsBlock(
        routed_experts=experts,
        experts_per_token=experts_per_token(fields, experts),
        intermediate_size=1,
        shared_intermediate_size=0,
        router=projection(hidden, 2 * isqrt(experts)),
        routed=2 * experts * hidden,
        shared=0,
        matrices=2,
    )


DOGE = Family(
    model_types=("doge",),
    class_names=("DogeForCausalLM",),
    defaults={
        "vocab_size": 32768,
        "hidden_size": 1024,
        "intermediate_size": 2048,
        "num_hidden_layers": 32,
        "num_attention_heads": 8,
        "max_position_embeddings": 2048,
        "num_experts": 16384,
        "num_experts_per_tok": 64,
    },
    layers=_layers,
    attention=_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
    experts=_experts,
)

FAMILIES = (DOGE,)
