"""Hunyuan 3: Qwen3 attention, one dense layer first, then routed experts beside shared ones of the same width.

The correction bias of the router is a buffer. Dense layers are listed in `mlp_layer_types` or given by
`first_k_dense_replace`, and vLLM reads the width of an expert from `expert_hidden_dim`. Defined by HYV3Config and
HYV3ForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import full_attention, typed_layers
from neuroscale.architecture.prediction import counted_layers_only


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if fields.has("qk_norm") and not fields.flag("qk_norm"):
        # transformers builds head norms whatever the file says; vLLM builds none here.
        raise UncountableError("attention without head norms (qk_norm) is not covered")
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, full_attention(fields), dense)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    shared = partial(shared_experts_of_routed_width, count="num_shared_experts")
    block = expert_feed_forward(fields, kind, shared_width=shared, shared_module="mlp.shared_mlp")
    if block.shared_intermediate_size == 0:
        # Without shared experts transformers builds one as wide as a dense layer's feed-forward and vLLM none.
        raise UncountableError("a model without shared experts (num_shared_experts) is not covered")
    shared_bias = 2 * block.shared_intermediate_size + hidden_size(fields) if fields.flag("mlp_bias") else 0
    return replace(block, shared=block.shared + shared_bias)


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
        "first_k_dense_replace": 1,
    },
    layers=_layers,
    attention=qwen3_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
    experts=_experts,
    prediction=counted_layers_only,
    aliases={"moe_intermediate_size": ("expert_hidden_dim",)},
)

FAMILIES = (HY_V3,)
