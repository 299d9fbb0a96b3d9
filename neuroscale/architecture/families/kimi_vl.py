"""Kimi-VL: a DeepSeek language model with the MoonViT tower and a projector of merged patches.

Defined by KimiVLConfig, MoonViTConfig and KimiVLForConditionalGeneration of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.deepseek import DEEPSEEK_V3
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import encoder_layer, layer_norm
from neuroscale.errors import InvalidInputError

_VISION_DEFAULTS = {
    "patch_size": 14,
    "init_pos_emb_height": 64,
    "init_pos_emb_width": 64,
    "num_hidden_layers": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
}
_MERGED_PATCHES = (2, 2)


def _tower(root: Fields) -> int:
    text = root.nested("text_config", DEEPSEEK_V3.defaults)
    if text is None or text.optional_text("model_type") not in DEEPSEEK_V3.model_types:
        raise UncountableError("the language model (text_config.model_type) is not the one of this family")
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    width, patch = hidden_size(vision), vision.integer("patch_size", maximum=MAXIMUM_WIDTH)
    intermediate = vision.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    positions = vision.integer("init_pos_emb_height", maximum=MAXIMUM_WIDTH) * vision.integer(
        "init_pos_emb_width", maximum=MAXIMUM_WIDTH
    )
    merge = vision.integers("merge_kernel_size", maximum=MAXIMUM_LAYERS, minimum=1) or _MERGED_PATCHES
    if len(merge) != len(_MERGED_PATCHES):
        raise InvalidInputError("must have two entries", field=vision.path("merge_kernel_size"))
    merged = width * merge[0] * merge[1]
    layers = vision.integer("num_hidden_layers", maximum=MAXIMUM_LAYERS)
    return (
        projection(3 * patch * patch, width, bias=True)
        + positions * width
        + layers * encoder_layer(width, intermediate)
        + 2 * layer_norm(width)
        + projection(merged, merged, bias=True)
        + projection(merged, hidden_size(text), bias=True)
    )


KIMI_VL = replace(
    DEEPSEEK_V3,
    model_types=("kimi_vl",),
    class_names=("KimiVLForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_tower,
    can_tie=False,
)

FAMILIES = (KIMI_VL,)
