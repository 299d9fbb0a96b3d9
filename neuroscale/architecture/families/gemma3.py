"""Gemma 3: head norms, four norms per layer, five sliding layers for each full one, and a SigLIP vision tower.

Embeddings are tied by default. Older files give the period of full layers as `sliding_window_pattern`. Defined by
Gemma3TextConfig, Gemma3Config, SiglipVisionConfig and their model classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size, projection
from neuroscale.architecture.decoder import Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full, layer_count


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    period = fields.integer("sliding_window_pattern", maximum=MAXIMUM_LAYERS)
    return dense_layers(every_nth_layer_full(fields, period))


def _tower(root: Fields) -> int:
    vision = root.nested("vision_config", _SIGLIP_DEFAULTS) or Fields({}, _SIGLIP_DEFAULTS, "vision_config")
    if vision.optional_text("model_type") not in {None, "siglip_vision_model"}:
        raise UncountableError("the vision tower (vision_config.model_type) is not the one of this family")
    if vision.flag("vision_use_head"):
        raise UncountableError("a vision tower with a pooling head (vision_use_head) is not covered")
    width = hidden_size(vision)
    intermediate = vision.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    patch = vision.integer("patch_size", maximum=MAXIMUM_WIDTH)
    side = vision.integer("image_size", maximum=MAXIMUM_WIDTH) // patch
    layer = (
        4 * projection(width, width, bias=True)
        + projection(width, intermediate, bias=True)
        + projection(intermediate, width, bias=True)
        + 2 * 2 * width
    )
    channels = vision.integer("num_channels", maximum=MAXIMUM_WIDTH)
    text = root.nested("text_config", GEMMA3_TEXT.defaults)
    projector = 0 if text is None else width * hidden_size(text) + width
    return (
        projection(channels * patch * patch, width, bias=True)
        + side * side * width
        + layer_count(vision) * layer
        + 2 * width
        + projector
    )


_SIGLIP_DEFAULTS = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_channels": 3,
    "image_size": 224,
    "patch_size": 16,
    "vision_use_head": True,
}

GEMMA3_TEXT = Family(
    model_types=("gemma3_text",),
    class_names=("Gemma3ForCausalLM",),
    defaults={
        "vocab_size": 262208,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 26,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "sliding_window": 4096,
        "sliding_window_pattern": 6,
    },
    layers=_layers,
    attention=qwen3_attention,
    dense=dense_feed_forward,
    norms_per_layer=4,
)

GEMMA3 = replace(
    GEMMA3_TEXT,
    model_types=("gemma3",),
    class_names=("Gemma3ForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=_tower,
)

FAMILIES = (GEMMA3_TEXT, GEMMA3)
