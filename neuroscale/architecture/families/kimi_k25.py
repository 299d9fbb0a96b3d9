"""Kimi-K2.5 and later: a DeepSeek-V3 language model with the MoonViT vision tower and its projector.

Published files prefix the fields of the tower with `vt_`. Defined by Kimi_K25Config, Kimi_K25VisionConfig and
Kimi_K25ForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.deepseek import DEEPSEEK_V3
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.errors import InvalidInputError

_VISION_DEFAULTS = {
    "patch_size": 14,
    "pos_emb_height": 64,
    "pos_emb_width": 64,
    "num_hidden_layers": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "mm_hidden_size": 1152,
}
_MERGED_PATCHES = (2, 2)


def _tower(root: Fields) -> int:
    text = root.nested("text_config", DEEPSEEK_V3.defaults)
    if text is None or text.optional_text("model_type") not in {None, *DEEPSEEK_V3.model_types}:
        raise UncountableError("the language model (text_config.model_type) is not the one of this family")
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    width = vision.integer("hidden_size", "vt_hidden_size", maximum=MAXIMUM_WIDTH)
    intermediate = vision.integer("intermediate_size", "vt_intermediate_size", maximum=MAXIMUM_WIDTH)
    layers = vision.integer("num_hidden_layers", "vt_num_hidden_layers", maximum=MAXIMUM_LAYERS)
    patch = vision.integer("patch_size", maximum=MAXIMUM_WIDTH)
    positions = vision.integer("pos_emb_height", "init_pos_emb_height", maximum=MAXIMUM_WIDTH) * vision.integer(
        "pos_emb_width", "init_pos_emb_width", maximum=MAXIMUM_WIDTH
    )
    merge = vision.integers("merge_kernel_size", maximum=MAXIMUM_LAYERS, minimum=1) or _MERGED_PATCHES
    if len(merge) != len(_MERGED_PATCHES):
        raise InvalidInputError("must have two entries", field=vision.path("merge_kernel_size"))
    merged = width * merge[0] * merge[1]
    normed = root.optional_integer("projection_hidden_size", maximum=MAXIMUM_WIDTH, minimum=1)
    if normed is None:
        normed = vision.integer("mm_hidden_size", maximum=MAXIMUM_WIDTH)
    layer = (
        4 * projection(width, width, bias=True)
        + projection(width, intermediate, bias=True)
        + projection(intermediate, width, bias=True)
        + 2 * 2 * width
    )
    return (
        projection(3 * patch * patch, width, bias=True)
        + positions * width
        + layers * layer
        + 2 * width
        + 2 * normed
        + projection(merged, merged, bias=True)
        + projection(merged, hidden_size(text), bias=True)
    )


KIMI_K25 = replace(
    DEEPSEEK_V3,
    model_types=("kimi_k25",),
    class_names=("KimiK25ForConditionalGeneration", "Kimi_K25ForConditionalGeneration"),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=_tower,
)

FAMILIES = (KIMI_K25,)
