"""Qwen3-VL, dense and MoE: a Qwen3 language model without windows, and a vision tower that feeds several layers.

The tower has one merger for its output and one for each of `deepstack_visual_indexes`. The root decides whether
embeddings are tied. Defined by Qwen3VLConfig, Qwen3VLMoeConfig and their ForConditionalGeneration classes of
transformers.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, hidden_size, projection
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import (
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import dense_layers, full_attention, sparse_step_layers

_DEFAULT_DEEP_MERGERS = 3
_VISION_DEFAULTS = {
    "depth": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "in_channels": 3,
    "patch_size": 16,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 3584,
    "num_position_embeddings": 2304,
}


def qwen3_vision_tower(root: Fields, *, deep_mergers: bool = True) -> int:
    """Return the parameters of the tower and its mergers; an absent tower has the class defaults.

    Args:
        root: The whole configuration.
        deep_mergers: Whether each of `deepstack_visual_indexes` has a merger of its own.
    """
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    width = hidden_size(vision)
    intermediate = vision.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    patch = vision.integer("patch_size", maximum=MAXIMUM_WIDTH)
    voxels = patch * patch * vision.integer("temporal_patch_size", maximum=MAXIMUM_WIDTH)
    merged = width * vision.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS) ** 2
    out = vision.integer("out_hidden_size", maximum=MAXIMUM_WIDTH)
    block = (
        projection(width, 3 * width, bias=True)
        + projection(width, width, bias=True)
        + projection(width, intermediate, bias=True)
        + projection(intermediate, width, bias=True)
        + 2 * 2 * width
    )
    merger = projection(merged, merged, bias=True) + projection(merged, out, bias=True)
    stated = vision.integers("deepstack_visual_indexes", maximum=MAXIMUM_LAYERS)
    deepstack = 0 if not deep_mergers else _DEFAULT_DEEP_MERGERS if stated is None else len(stated)
    return (
        projection(voxels * vision.integer("in_channels", maximum=MAXIMUM_WIDTH), width, bias=True)
        + vision.integer("num_position_embeddings", maximum=MAXIMUM_TOKENS) * width
        + vision.integer("depth", "num_hidden_layers", maximum=MAXIMUM_LAYERS) * block
        + merger
        + 2 * width
        + deepstack * (merger + 2 * merged)
    )


QWEN3_VL = Family(
    model_types=("qwen3_vl",),
    class_names=("Qwen3VLForConditionalGeneration",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 4096,
        "intermediate_size": 22016,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "head_dim": 128,
        "max_position_embeddings": 128000,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=qwen3_attention,
    dense=dense_feed_forward,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=qwen3_vision_tower,
)

QWEN3_VL_MOE = Family(
    model_types=("qwen3_vl_moe",),
    class_names=("Qwen3VLMoeForConditionalGeneration",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 5632,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "max_position_embeddings": 128000,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 1408,
        "num_experts": 60,
        "num_experts_per_tok": 4,
    },
    layers=lambda fields: sparse_step_layers(fields, full_attention(fields)),
    attention=qwen3_attention,
    dense=dense_feed_forward,
    experts=expert_feed_forward,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=qwen3_vision_tower,
)

FAMILIES = (QWEN3_VL, QWEN3_VL_MOE)
