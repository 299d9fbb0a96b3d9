"""Pixtral: a vision transformer made as a language model's decoder, with rotary positions and no biases.

Defined by PixtralVisionModel of transformers.
"""

from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    attention_weights,
    feed_forward_weights,
    patch_embedding,
    width_of,
)


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    layer = (
        attention_weights(width, bias=False)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"), bias=False, matrices=3)
        + 2 * width
    )
    return patch_embedding(fields, width, bias=False) + width + layer_count(fields) * layer


PIXTRAL = Tower(
    model_types=("pixtral",),
    defaults={
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_channels": 3,
        "patch_size": 16,
    },
    parameters=_parameters,
)

TOWERS = (PIXTRAL,)
