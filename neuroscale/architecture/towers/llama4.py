"""The tower of Llama 4: a vision transformer whose patches are shuffled into fewer, wider ones and adapted.

The adapter reads `intermediate_size` elements, since that is what a shuffle leaves of one position, and has no
biases. Defined by Llama4VisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    encoder_layer,
    layer_norm,
    patch_count,
    patch_embedding,
    width_of,
)


def _parameters(fields: Fields) -> int:
    width, intermediate = width_of(fields), width_of(fields, "intermediate_size")
    adapted = width_of(fields, "projector_output_dim")
    positions = patch_count(fields) + 1
    return (
        patch_embedding(fields, width, bias=False)
        + width
        + positions * width
        + 2 * layer_norm(width)
        + layer_count(fields) * encoder_layer(width, intermediate)
        + projection(intermediate, width_of(fields, "projector_input_dim"))
        + projection(adapted, adapted)
    )


LLAMA4_VISION = Tower(
    model_types=("llama4_vision_model",),
    defaults={
        "hidden_size": 768,
        "num_hidden_layers": 34,
        "num_attention_heads": 16,
        "num_channels": 3,
        "intermediate_size": 5632,
        "vision_output_dim": 7680,
        "image_size": 448,
        "patch_size": 14,
        "projector_input_dim": 4096,
        "projector_output_dim": 4096,
    },
    parameters=_parameters,
)

TOWERS = (LLAMA4_VISION,)
