"""InternViT: a vision transformer whose layers scale what they add, with optional norms of queries and keys.

Defined by InternVLVisionModel and QianfanOCRVisionModel of transformers.
"""

from dataclasses import replace

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


def intern_vit_layer(fields: Fields, *, qkv_bias: str, query_key_norms: str) -> int:
    """Return the parameters of one layer; the fields that say what it has are named by the caller.

    Raises:
        UncountableError: The norm is not known.
    """
    width = width_of(fields)
    norm = {"layer_norm": layer_norm(width), "rms_norm": width}.get(fields.optional_text("norm_type") or "")
    if norm is None:
        raise UncountableError("the norm of the vision tower (vision_config.norm_type) is not known")
    return (
        projection(width, 3 * width, bias=fields.flag(qkv_bias))
        + projection(width, width, bias=True)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + (2 * width if fields.flag(query_key_norms) else 0)
        + 2 * width
        + 2 * norm
    )


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    layer = intern_vit_layer(fields, qkv_bias="attention_bias", query_key_norms="use_qk_norm")
    positions = (patch_count(fields) + 1) * width if fields.flag("use_absolute_position_embeddings") else 0
    return (
        width
        + (width if fields.flag("use_mask_token") else 0)
        + patch_embedding(fields, width, bias=True)
        + positions
        + layer_count(fields) * layer
        + (0 if fields.flag("use_mean_pooling") else layer_norm(width))
    )


INTERNVL_VISION = Tower(
    model_types=("internvl_vision",),
    defaults={
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_channels": 3,
        "image_size": 448,
        "patch_size": 14,
        "attention_bias": False,
        "use_qk_norm": False,
        "norm_type": "layer_norm",
        "use_mask_token": False,
        "use_absolute_position_embeddings": True,
        "use_mean_pooling": True,
    },
    parameters=_parameters,
)
QIANFAN_OCR_VISION = replace(
    INTERNVL_VISION,
    model_types=("qianfan_ocr_vision",),
    defaults={**INTERNVL_VISION.defaults, "attention_bias": True},
)

TOWERS = (INTERNVL_VISION, QIANFAN_OCR_VISION)
