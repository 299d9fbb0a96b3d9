"""The vision tower of Janus: SigLIP without a pooling head, with a ratio for the feed-forward and optional norms.

Defined by JanusVisionModel of transformers.
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
from neuroscale.errors import InvalidInputError

_MAXIMUM_RATIO = 1024.0


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    ratio = fields.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO)
    if ratio is None:
        raise InvalidInputError("a number is needed, but the field is null", field=fields.path("mlp_ratio"))
    layer = (
        projection(width, 3 * width, bias=fields.flag("attention_bias"))
        + projection(width, width, bias=True)
        + (2 * layer_norm(width) if fields.flag("use_qk_norm") else 0)
        + feed_forward_weights(width, int(width * ratio))
        + 2 * layer_norm(width)
    )
    return (
        patch_embedding(fields, width, bias=True)
        + patch_count(fields) * width
        + layer_count(fields) * layer
        + layer_norm(width)
    )


JANUS_VISION = Tower(
    model_types=("janus_vision_model",),
    defaults={
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_channels": 3,
        "image_size": 384,
        "patch_size": 16,
        "mlp_ratio": 4.0,
        "attention_bias": True,
        "use_qk_norm": False,
        "projection_dim": 2048,
        "depth": 2,
    },
    parameters=_parameters,
)

TOWERS = (JANUS_VISION,)
