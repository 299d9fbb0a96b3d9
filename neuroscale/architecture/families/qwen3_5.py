"""Qwen3.5 and Qwen3.6, dense and MoE: Qwen3-Next layers and the vision tower of Qwen3-VL without its deep mergers.

Every layer of the MoE models has experts. Published checkpoints hold `mtp_num_hidden_layers` layers that draft
tokens. Defined by Qwen3_5Config, Qwen3_5MoeConfig and their ForConditionalGeneration classes of transformers, the
draft layers by vLLM 0.33.0, `qwen3_5_mtp`.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, shared_expert_width
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.families.qwen3_next import (
    all_parameters,
    draft_layers,
    hybrid_attention,
    hybrid_attention_kinds,
)
from neuroscale.architecture.families.qwen3_vl import qwen3_vision_tower
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_layers, expert_layers
from neuroscale.architecture.model import MultiTokenPrediction

_LINEAR_DEFAULTS = {
    "vocab_size": 248320,
    "num_attention_heads": 16,
    "head_dim": 256,
    "max_position_embeddings": 32768,
    "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 32,
    "full_attention_interval": 4,
}

experts_of_layer = partial(
    expert_feed_forward,
    shared_width=shared_expert_width,
    shared_gate=True,
    shared_module="mlp.shared_expert",
)


def _prediction(fields: Fields, *, has_experts: bool) -> MultiTokenPrediction | None:
    layers = fields.optional_integer("mtp_num_hidden_layers", maximum=MAXIMUM_LAYERS) or 0
    if layers and fields.flag("mtp_use_dedicated_embeddings"):
        return MultiTokenPrediction(layers)
    kind = LayerKind("full", dense=not has_experts, experts=has_experts)
    feed_forward = (
        all_parameters(experts_of_layer(fields, kind)) if has_experts else dense_feed_forward(fields, kind).weights
    )
    return draft_layers(fields, layers, feed_forward)


QWEN3_5_TEXT = Family(
    model_types=("qwen3_5_text",),
    class_names=("Qwen3_5ForCausalLM",),
    defaults={
        **_LINEAR_DEFAULTS,
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 32,
        "num_key_value_heads": 4,
    },
    layers=lambda fields: dense_layers(hybrid_attention_kinds(fields)),
    attention=hybrid_attention,
    dense=dense_feed_forward,
    prediction=partial(_prediction, has_experts=False),
)

QWEN3_5_MOE_TEXT = Family(
    model_types=("qwen3_5_moe_text",),
    class_names=("Qwen3_5MoeForCausalLM",),
    defaults={
        **_LINEAR_DEFAULTS,
        "hidden_size": 2048,
        "num_hidden_layers": 40,
        "num_key_value_heads": 2,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512,
        "num_experts_per_tok": 8,
        "num_experts": 256,
    },
    layers=lambda fields: expert_layers(hybrid_attention_kinds(fields)),
    attention=hybrid_attention,
    experts=experts_of_layer,
    prediction=partial(_prediction, has_experts=True),
)

QWEN3_5 = replace(
    QWEN3_5_TEXT,
    model_types=("qwen3_5",),
    class_names=("Qwen3_5ForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=partial(qwen3_vision_tower, deep_mergers=False),
)

QWEN3_5_MOE = replace(
    QWEN3_5_MOE_TEXT,
    model_types=("qwen3_5_moe",),
    class_names=("Qwen3_5MoeForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=partial(qwen3_vision_tower, deep_mergers=False),
)

FAMILIES = (QWEN3_5_TEXT, QWEN3_5_MOE_TEXT, QWEN3_5, QWEN3_5_MOE)
