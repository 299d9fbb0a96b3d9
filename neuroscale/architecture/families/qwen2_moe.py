"""Qwen1.5-MoE and Qwen2-MoE: Qwen2 with routed experts, one gated shared expert and optional dense layers.

With `use_sliding_window` every second layer below `max_window_layers` has the window.
Defined by Qwen2MoeConfig and Qwen2MoeForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    shared_expert_width,
)
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, sparse_step_layers, stated_attention_kinds
from neuroscale.architecture.model import AttentionKind


def _attention_kinds(fields: Fields) -> tuple[AttentionKind, ...]:
    if (stated := stated_attention_kinds(fields)) is not None:
        return stated
    layers = layer_count(fields)
    if not fields.flag("use_sliding_window"):
        return repeated("full", layers)
    last = fields.integer("max_window_layers", minimum=0, maximum=MAXIMUM_TOKENS)
    return tuple("sliding" if index % 2 == 0 and index < last else "full" for index in range(layers))


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return sparse_step_layers(fields, _attention_kinds(fields))


QWEN2_MOE = Family(
    model_types=("qwen2_moe",),
    class_names=("Qwen2MoeForCausalLM",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 5632,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "max_position_embeddings": 32768,
        "sliding_window": 4096,
        "max_window_layers": 28,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 1408,
        "shared_expert_intermediate_size": 5632,
        "num_experts_per_tok": 4,
        "num_experts": 60,
        "qkv_bias": True,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, input_bias="qkv_bias"),
    dense=dense_feed_forward,
    experts=partial(
        expert_feed_forward,
        shared_width=shared_expert_width,
        shared_gate=True,
        shared_module="mlp.shared_expert",
    ),
)

FAMILIES = (QWEN2_MOE,)
