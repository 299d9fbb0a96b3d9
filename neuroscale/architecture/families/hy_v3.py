"""Hunyuan 3: Qwen3 attention, one dense layer first, then routed experts beside shared ones of the same width.

The correction bias of the router is a buffer. Defined by HYV3Config and HYV3ForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import full_attention, typed_layers


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    if fields.flag("mlp_bias"):
        raise UncountableError("a bias in the shared experts (mlp_bias) is not covered")
    shared = partial(shared_experts_of_routed_width, count="num_shared_experts")
    block = expert_feed_forward(fields, kind, shared_width=shared)
    if block.shared_intermediate_size == 0:
        raise UncountableError("a model without shared experts (num_shared_experts) is not covered")
    return block


HY_V3 = Family(
    model_types=("hy_v3",),
    class_names=("HYV3ForCausalLM",),
    defaults={
        "vocab_size": 120832,
        "hidden_size": 4096,
        "intermediate_size": 13312,
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "num_experts": 192,
        "num_experts_per_tok": 8,
        "num_shared_experts": 1,
        "moe_intermediate_size": 1536,
    },
    layers=lambda fields: typed_layers(fields, full_attention(fields), 1),
    attention=qwen3_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
    experts=_experts,
)

FAMILIES = (HY_V3,)
