"""Step 3 with its vision tower: a class token, two convolutions that thin out the output, a projection.

Defined by Step3VLConfig and Step3VLForConditionalGeneration of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.step3 import STEP3_TEXT
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import encoder_layer, patch_embedding, width_of

_VISION_DEFAULTS = {
    "hidden_size": 1792,
    "intermediate_size": 3072,
    "output_hidden_size": 4096,
    "num_hidden_layers": 63,
    "num_channels": 3,
    "image_size": 728,
    "patch_size": 14,
}


def _vision(root: Fields) -> int:
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    text = root.nested("text_config", STEP3_TEXT.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    width, output = width_of(vision), width_of(vision, "output_hidden_size")
    patches = (width_of(vision, "image_size") // width_of(vision, "patch_size")) ** 2
    return (
        patch_embedding(vision, width, bias=True)
        + width
        + (patches + 1) * width
        + layer_count(vision) * encoder_layer(width, width_of(vision, "intermediate_size"))
        + projection(2 * 2 * width, output, bias=True)
        + projection(3 * 3 * output, 2 * output, bias=True)
        + projection(
            2 * output, hidden_size(text), bias=root.with_defaults({"projector_bias": True}).flag("projector_bias")
        )
    )


STEP3_VL = replace(
    STEP3_TEXT,
    model_types=("step3_vl",),
    class_names=("Step3VLForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_vision,
)

FAMILIES = (STEP3_VL,)
