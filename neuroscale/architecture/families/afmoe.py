"""AFMoE (Trinity): a gate on the attention output, four norms per layer, and a learned bias per routed expert.

Every `global_attn_every_n_layers`-th layer attends fully, the others slide; the first `num_dense_layers` are dense.
Defined by AfmoeConfig and AfmoeForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
    query_heads,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, every_nth_layer_full


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    period = fields.integer("global_attn_every_n_layers", maximum=MAXIMUM_LAYERS)
    dense = fields.integer("num_dense_layers", minimum=0, maximum=MAXIMUM_LAYERS)
    return dense_then_expert_layers(every_nth_layer_full(fields, period), dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", head_norm="head"
    )
    gate = projection(hidden_size(fields), query_heads(fields) * block.head_dimension)
    modules = (*block.modules, ("self_attn.gate_proj", gate))
    return replace(block, weights=block.weights + gate, modules=modules)


AFMOE = Family(
    model_types=("afmoe",),
    class_names=("AfmoeForCausalLM",),
    defaults={
        "vocab_size": 200192,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "moe_intermediate_size": 1408,
        "num_hidden_layers": 32,
        "num_dense_layers": 1,
        "num_attention_heads": 16,
        "head_dim": 128,
        "max_position_embeddings": 16384,
        "num_experts": 64,
        "num_experts_per_tok": 6,
        "num_shared_experts": 2,
        "global_attn_every_n_layers": 4,
        "sliding_window": 1024,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=partial(
        expert_feed_forward,
        shared_width=partial(shared_experts_of_routed_width, count="num_shared_experts"),
        router_extra_per_expert=1,
    ),
    norms_per_layer=4,
)

FAMILIES = (AFMOE,)
