"""Perception encoder of Step 3.7 and Step 5 with what follows it: two convolutions that thin out and a projection.

Defined by Step3p7VisionConfig and Step3p7ForConditionalGeneration of transformers, and by PerceptionEncoderConfig
and Step5ForConditionalGeneration of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import encoder_layer, layer_norm, patch_embedding, width_of

_MAXIMUM_RATIO = 1024.0
_DEFAULTS = {
    "hidden_size": 1536,
    "num_hidden_layers": 47,
    "num_channels": 3,
    "image_size": 728,
    "patch_size": 14,
    "mlp_ratio": 8960 / 1536,
}
_ALIASES = {"hidden_size": ("width",), "num_hidden_layers": ("layers",)}
# Switches of the encoder that change its weights, with the only covered values.
_COVERED = {"use_abs_posemb": True, "use_cls_token": False, "use_ln_pre": True, "use_ln_post": False}


def perception_encoder(root: Fields, text: Fields) -> int:
    """Return the tower with what follows it.

    Args:
        root: The whole configuration.
        text: The language model's fields.

    Raises:
        UncountableError: A switch of the encoder has a value that is not covered.
    """
    vision = root.nested("vision_config", _DEFAULTS, _ALIASES) or Fields({}, _DEFAULTS, "vision_config", _ALIASES)
    for name, covered in _COVERED.items():
        if vision.has(name) and vision.flag(name) is not covered:
            raise UncountableError(f"{name} {str(not covered).lower()} is not covered for this tower")
    width = width_of(vision)
    ratio = vision.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO) or 0.0
    positions = (width_of(vision, "image_size") // width_of(vision, "patch_size")) ** 2
    scales_of_residuals = 2 * width
    return (
        patch_embedding(vision, width, bias=False)
        + positions * width
        + layer_norm(width)
        + layer_count(vision) * (encoder_layer(width, int(width * ratio)) + scales_of_residuals)
        + projection(9 * width, 2 * width, bias=True)
        + projection(9 * 2 * width, 4 * width, bias=True)
        + projection(4 * width, hidden_size(text), bias=root.flag("projector_bias"))
    )


# Two families call it with their whole configuration; no vision configuration names it by a type of its own.
TOWERS: tuple[()] = ()
