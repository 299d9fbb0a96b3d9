"""The tower of Molmo 2: a vision transformer with learned positions and no norm behind its layers.

Published files have names of their own for sizes (`image_default_input_size`, `image_patch_size`, `image_num_pos`).
Defined by Molmo2VisionModel of transformers.
"""

from neuroscale.architecture.blocks import key_value_heads, projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, width_of

_DEFAULT_SIDES = (378, 378)


def molmo2_attention(fields: Fields, inputs: int) -> int:
    """Return attention that reads one width and writes the configuration's own."""
    head = fields.integer("head_dim", maximum=MAXIMUM_WIDTH)
    queries, keys = head * query_heads(fields), head * key_value_heads(fields)
    bias = fields.flag("attention_bias")
    return projection(inputs, queries + 2 * keys, bias=bias) + projection(queries, width_of(fields), bias=bias)


def _positions(fields: Fields, patch: int) -> int:
    stated = fields.optional_integer("image_num_pos", "num_position_embeddings", maximum=MAXIMUM_TOKENS, minimum=1)
    if stated is not None:
        return stated
    name = "image_default_input_size" if fields.has("image_default_input_size") else "image_size"
    sides = fields.integers(name, maximum=MAXIMUM_WIDTH, minimum=1) or _DEFAULT_SIDES
    return (sides[0] // patch) * (sides[-1] // patch)


def molmo2_parameters(fields: Fields, layers: int) -> int:
    """Return the parameters of a tower with a number of layers."""
    width = width_of(fields)
    patch = fields.integer("image_patch_size", "patch_size", maximum=MAXIMUM_WIDTH)
    layer = (
        molmo2_attention(fields, width)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + 2 * layer_norm(width)
    )
    return (
        projection(patch * patch * width_of(fields, "num_channels"), width, bias=True)
        + _positions(fields, patch) * width
        + layers * layer
    )


MOLMO2_VISION = Tower(
    model_types=("molmo2_vision",),
    defaults={
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 25,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "head_dim": 72,
        "patch_size": 14,
        "num_channels": 3,
        "attention_bias": True,
    },
    parameters=lambda fields: molmo2_parameters(fields, layer_count(fields)),
)

TOWERS = (MOLMO2_VISION,)
