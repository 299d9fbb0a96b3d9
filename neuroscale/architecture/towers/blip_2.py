"""The tower of BLIP-2: a vision transformer with a class token and, unless off, biases of queries, keys and values.

Defined by Blip2VisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    feed_forward_weights,
    layer_norm,
    patch_count,
    patch_embedding,
    width_of,
)


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    layer = (
        projection(width, 3 * width, bias=fields.flag("qkv_bias"))
        + projection(width, width, bias=True)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + 2 * layer_norm(width)
    )
    return (
        width
        + patch_embedding(fields, width, bias=True)
        + (patch_count(fields) + 1) * width
        + layer_count(fields) * layer
        + layer_norm(width)
    )


BLIP_2_VISION = Tower(
    model_types=("blip_2_vision_model",),
    defaults={
        "hidden_size": 1408,
        "intermediate_size": 6144,
        "num_hidden_layers": 39,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 14,
        "qkv_bias": True,
    },
    parameters=_parameters,
)

TOWERS = (BLIP_2_VISION,)
