"""InternViT in its published form, as the InternVL chat models name its fields.

Each layer scales what it adds by two vectors; norms of queries and keys span all heads. Defined by
InternVisionConfig of the published weights and InternVisionModel of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.decoder import UncountableError
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
    norm = {"layer_norm": layer_norm(width), "rms_norm": width}.get(fields.optional_text("norm_type") or "")
    if norm is None:
        raise UncountableError("the norm of the vision tower (vision_config.norm_type) is not known")
    layer = (
        projection(width, 3 * width, bias=fields.flag("qkv_bias"))
        + projection(width, width, bias=True)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + (2 * width if fields.flag("qk_normalization") else 0)
        + 2 * width
        + 2 * norm
    )
    return (
        width
        + patch_embedding(fields, width, bias=True)
        + (patch_count(fields) + 1) * width
        + layer_count(fields) * layer
    )


INTERN_VIT = Tower(
    model_types=("intern_vit_6b",),
    defaults={
        "hidden_size": 3200,
        "intermediate_size": 12800,
        "num_hidden_layers": 48,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 14,
        "qkv_bias": False,
        "qk_normalization": True,
        "norm_type": "rms_norm",
    },
    parameters=_parameters,
)

TOWERS = (INTERN_VIT,)
