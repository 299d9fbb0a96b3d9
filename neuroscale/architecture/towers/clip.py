"""CLIP: a vision transformer with a class token and norms before and after its layers.

Defined by CLIPVisionModel of transformers; the projection into the space shared with texts is not part of it.
"""

from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, encoder_layer, layer_norm, patch_count, patch_embedding, width_of


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    return (
        width
        + patch_embedding(fields, width, bias=False)
        + (patch_count(fields) + 1) * width
        + layer_count(fields) * encoder_layer(width, width_of(fields, "intermediate_size"))
        + 2 * layer_norm(width)
    )


CLIP = Tower(
    model_types=("clip_vision_model",),
    defaults={
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 32,
    },
    parameters=_parameters,
)

TOWERS = (CLIP,)
