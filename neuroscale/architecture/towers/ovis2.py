"""The tower of Ovis 2: a decoder-like vision transformer that ends in scores over a visual vocabulary.

Defined by Ovis2VisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    attention_weights,
    feed_forward_weights,
    layer_norm,
    patch_count,
    patch_embedding,
    width_of,
)
from neuroscale.errors import InvalidInputError


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    vocabulary = fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    indicators = fields.integer("num_visual_indicator_tokens", maximum=MAXIMUM_VOCABULARY, minimum=0)
    if indicators >= vocabulary:
        raise InvalidInputError(
            f"{indicators} of {vocabulary} visual tokens leave none for the image",
            field=fields.path("num_visual_indicator_tokens"),
        )
    stride = fields.integer("hidden_stride", maximum=MAXIMUM_LAYERS)
    layer = (
        attention_weights(width, bias=fields.flag("qkv_bias"))
        + feed_forward_weights(
            width, width_of(fields, "intermediate_size"), bias=fields.flag("mlp_bias"), matrices=3
        )
        + 2 * width
    )
    return (
        patch_embedding(fields, width, bias=True)
        + patch_count(fields) * width
        + width
        + layer_count(fields) * layer
        + width
        + projection(width * stride * stride, vocabulary - indicators)
        + layer_norm(vocabulary - indicators)
    )


OVIS2_VISION = Tower(
    model_types=("ovis2_vision",),
    defaults={
        "hidden_size": 1024,
        "intermediate_size": 2816,
        "num_hidden_layers": 24,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 14,
        "qkv_bias": False,
        "mlp_bias": False,
        "vocab_size": 16384,
        "hidden_stride": 1,
        "num_visual_indicator_tokens": 5,
    },
    parameters=_parameters,
)

TOWERS = (OVIS2_VISION,)
