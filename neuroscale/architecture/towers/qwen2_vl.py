"""The towers of Qwen2-VL, Qwen2.5-VL and EXAONE 4.5, each with the merger that ends it.

Both take patches of several frames. Qwen2.5-VL has a gated feed-forward with biases and root-mean-square norms;
that of EXAONE 4.5 has fewer key/value heads. The merger is part of the class in transformers; its output is as
wide as the tower's own configuration says. Defined by Qwen2VisionTransformerPretrainedModel and
Qwen2_5_VisionTransformerPretrainedModel of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import key_value_heads, projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    encoder_layer,
    feed_forward_weights,
    layer_norm,
    pair,
    width_of,
)
from neuroscale.errors import InvalidInputError

_MAXIMUM_RATIO = 1024.0


def voxel_embedding(fields: Fields, width: int, *, bias: bool = False) -> int:
    """Return the projection of one patch of several frames."""
    height, breadth = pair(fields, "patch_size")
    frames = fields.integer("temporal_patch_size", maximum=MAXIMUM_LAYERS)
    channels = fields.integer("in_channels", "in_chans", maximum=MAXIMUM_WIDTH)
    return projection(channels * frames * height * breadth, width, bias=bias)


def patch_merger(fields: Fields, width: int, output: int, norm: int) -> int:
    """Return the norm and the two projections that join neighbouring patches."""
    merged = width * fields.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS) ** 2
    return norm + projection(merged, merged, bias=True) + projection(merged, output, bias=True)


def _qwen2_parameters(fields: Fields) -> int:
    width = width_of(fields, "embed_dim")
    ratio = fields.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO)
    if ratio is None:
        raise InvalidInputError("a number is needed, but the field is null", field=fields.path("mlp_ratio"))
    return (
        voxel_embedding(fields, width)
        + layer_count(fields) * encoder_layer(width, int(width * ratio))
        + patch_merger(fields, width, width_of(fields), layer_norm(width))
    )


def _qwen2_5_parameters(fields: Fields) -> int:
    width, heads = width_of(fields), query_heads(fields)
    keys_and_values = 2 * key_value_heads(fields) * (width // heads)
    layer = (
        projection(width, heads * (width // heads) + keys_and_values, bias=True)
        + projection(width, width, bias=True)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"), matrices=3)
        + 2 * width
    )
    return (
        voxel_embedding(fields, width)
        + layer_count(fields) * layer
        + patch_merger(fields, width, width_of(fields, "out_hidden_size"), width)
    )


_ALIASES = {"num_hidden_layers": ("depth",), "num_attention_heads": ("num_heads",)}
_COMMON = {
    "depth": 32,
    "num_heads": 16,
    "hidden_size": 3584,
    "in_channels": 3,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}
QWEN2_VL_VISION = Tower(
    model_types=("qwen2_vl_vision",),
    defaults={**_COMMON, "embed_dim": 1280, "mlp_ratio": 4},
    parameters=_qwen2_parameters,
    aliases=_ALIASES,
)
QWEN2_5_VL_VISION = Tower(
    model_types=("qwen2_5_vl_vision", "qwen2_5_omni_vision_encoder"),
    defaults={**_COMMON, "intermediate_size": 3420, "out_hidden_size": 3584},
    parameters=_qwen2_5_parameters,
    aliases=_ALIASES,
)
EXAONE4_5_VISION = replace(
    QWEN2_5_VL_VISION,
    model_types=("exaone4_5_vision",),
    defaults={**QWEN2_5_VL_VISION.defaults, "num_key_value_heads": 8},
)

TOWERS = (QWEN2_VL_VISION, QWEN2_5_VL_VISION, EXAONE4_5_VISION)
