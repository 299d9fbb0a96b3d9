"""Mellum: Qwen3 attention, full or with a window by layer, and routed experts unless `mlp_layer_types` says dense.

Defined by MellumConfig and MellumForCausalLM of transformers, which builds no multi-token-prediction layer.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import (
    full_attention,
    stated_attention_kinds,
    typed_layers,
)
from neuroscale.architecture.prediction import counted_layers_only


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return typed_layers(fields, stated_attention_kinds(fields) or full_attention(fields), 0)


MELLUM = Family(
    model_types=("mellum",),
    class_names=("MellumForCausalLM",),
    defaults={
        "vocab_size": 98304,
        "hidden_size": 2304,
        "intermediate_size": 7168,
        "num_hidden_layers": 28,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "sliding_window": 1024,
        "moe_intermediate_size": 896,
        "num_experts": 64,
        "num_experts_per_tok": 8,
    },
    layers=_layers,
    attention=qwen3_attention,
    dense=dense_feed_forward,
    experts=expert_feed_forward,
    prediction=counted_layers_only,
)

FAMILIES = (MELLUM,)
