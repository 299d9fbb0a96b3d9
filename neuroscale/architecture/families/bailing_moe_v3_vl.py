"""Ling 3 with the tower of Qwen3-VL: one norm behind the tower, and two projections in place of its merger.

Defined by BailingMoeV3VLConfig and BailingMoeV3VLForConditionalGeneration of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.bailing_hybrid import BAILING_HYBRID
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import encoder_layer, layer_norm, width_of

_VISION_DEFAULTS = {
    "num_hidden_layers": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "in_channels": 3,
    "patch_size": 16,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "num_position_embeddings": 2304,
}
_VISION_ALIASES = {"num_hidden_layers": ("depth",)}
_TEXT_DEFAULTS = {
    "vocab_size": 157184,
    "hidden_size": 2048,
    "intermediate_size": 5120,
    "num_hidden_layers": 20,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
    "num_experts": 256,
    "num_shared_experts": 1,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 512,
    "moe_shared_expert_intermediate_size": 512,
    "first_k_dense_replace": 1,
    "head_dim": 128,
    "layer_group_size": 5,
    "kv_lora_rank": 512,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "qk_nope_head_dim": 128,
    "short_conv_kernel_size": 4,
}


def _vision(root: Fields) -> int:
    text = root.nested("text_config", _TEXT_DEFAULTS)
    if text is None:
        raise UncountableError("text_config is missing")
    if not text.flag("no_kda_lora"):
        raise UncountableError("low-rank gates of the delta attention (no_kda_lora) are not covered")
    if text.optional_text("gated_attention_proj_granularity_type") != "head_wise":
        raise UncountableError("latent attention without a gate per head is not covered")
    vision = root.nested("vision_config", _VISION_DEFAULTS, _VISION_ALIASES)
    if vision is None:
        vision = Fields({}, _VISION_DEFAULTS, "vision_config", _VISION_ALIASES)
    if vision.integers("deepstack_visual_indexes", maximum=MAXIMUM_LAYERS):
        raise UncountableError("a tower that feeds several layers (deepstack_visual_indexes) is not covered")
    width, patch, hidden = width_of(vision), width_of(vision, "patch_size"), hidden_size(text)
    voxels = patch * patch * width_of(vision, "temporal_patch_size") * width_of(vision, "in_channels")
    merged = width * width_of(vision, "spatial_merge_size") ** 2
    return (
        projection(voxels, width, bias=True)
        + vision.integer("num_position_embeddings", maximum=MAXIMUM_TOKENS) * width
        + layer_count(vision) * encoder_layer(width, width_of(vision, "intermediate_size"))
        + layer_norm(width)
        + projection(merged, hidden, bias=True)
        + projection(hidden, hidden, bias=True)
    )


BAILING_MOE_V3_VL = replace(
    BAILING_HYBRID,
    model_types=("bailing_moe_v3_vl",),
    class_names=("BailingMoeV3VLForConditionalGeneration",),
    defaults=_TEXT_DEFAULTS,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_vision,
)

FAMILIES = (BAILING_MOE_V3_VL,)
