"""The tower of Llama 3.2 Vision: images cut into tiles, plain layers, then layers with two gates.

Positions are gated: learned ones of a tile's patches, and ones of every tile and patch for each aspect ratio.
Defined by MllamaVisionModel of transformers.
"""

from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
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

_DEFAULT_ASPECT_RATIOS = 8
_GATES = 2


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    patches = patch_count(fields) + 1
    tiles = fields.integer("max_num_tiles", maximum=MAXIMUM_LAYERS) * width
    stated = fields.value("supported_aspect_ratios")[1]
    ratios = (len(stated) if isinstance(stated, list | tuple) else _DEFAULT_ASPECT_RATIOS) + 1
    layer = (
        attention_weights(width, bias=False)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + 2 * layer_norm(width)
    )
    global_layers = fields.integer("num_global_layers", maximum=MAXIMUM_LAYERS, minimum=0)
    return (
        patch_embedding(fields, width, bias=False)
        + width
        + patches * width
        + 1
        + ratios * tiles * patches
        + 2 * (ratios * tiles + 1)
        + 2 * layer_norm(width)
        + layer_count(fields) * layer
        + global_layers * (layer + _GATES)
    )


MLLAMA_VISION = Tower(
    model_types=("mllama_vision_model",),
    defaults={
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_global_layers": 8,
        "num_channels": 3,
        "image_size": 448,
        "patch_size": 14,
        "max_num_tiles": 4,
        "vision_output_dim": 7680,
    },
    parameters=_parameters,
)

TOWERS = (MLLAMA_VISION,)
