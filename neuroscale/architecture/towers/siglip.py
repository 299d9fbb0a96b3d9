"""SigLIP and SigLIP 2: a vision transformer with learned positions and, when asked for, an attention pooling head.

SigLIP 2 takes patches of images of any shape: it has a learned position for each of `num_patches`. The tower of
VideoLLaMA 3 has rotary positions instead; that of PaddleOCR-VL has both.
Defined by SiglipVisionModel,
Siglip2VisionModel, VideoLlama3VisionModel and PaddleOCRVisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    attention_weights,
    encoder_layer,
    feed_forward_weights,
    layer_norm,
    patch_count,
    patch_embedding,
    width_of,
)


def _pooling_head(width: int, intermediate: int) -> int:
    return width + attention_weights(width) + layer_norm(width) + feed_forward_weights(width, intermediate)


def _after_positions(fields: Fields) -> int:
    width, intermediate = width_of(fields), width_of(fields, "intermediate_size")
    head = _pooling_head(width, intermediate) if fields.flag("vision_use_head") else 0
    return layer_count(fields) * encoder_layer(width, intermediate) + layer_norm(width) + head


def unpositioned_siglip_parameters(fields: Fields) -> int:
    """Return the parameters of a SigLIP tower without learned positions."""
    return patch_embedding(fields, width_of(fields), bias=True) + _after_positions(fields)


def siglip_parameters(fields: Fields) -> int:
    """Return the parameters of a SigLIP tower."""
    return patch_count(fields) * width_of(fields) + unpositioned_siglip_parameters(fields)


def _siglip2_parameters(fields: Fields) -> int:
    width, patch = width_of(fields), width_of(fields, "patch_size")
    return (
        projection(width_of(fields, "num_channels") * patch * patch, width, bias=True)
        + fields.integer("num_patches", maximum=MAXIMUM_TOKENS) * width
        + _after_positions(fields)
    )


_COMMON = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_channels": 3,
    "patch_size": 16,
    "vision_use_head": True,
}
SIGLIP = Tower(
    model_types=("siglip_vision_model",),
    defaults={**_COMMON, "image_size": 224},
    parameters=siglip_parameters,
)
SIGLIP2 = Tower(
    model_types=("siglip2_vision_model",),
    defaults={**_COMMON, "num_patches": 256},
    parameters=_siglip2_parameters,
)

VIDEO_LLAMA_3_VISION = Tower(
    model_types=("video_llama_3_vision",),
    defaults={**_COMMON, "vision_use_head": False},
    parameters=unpositioned_siglip_parameters,
)
PADDLEOCR_VISION = Tower(
    model_types=("paddleocr_vl_vision",),
    defaults={
        **_COMMON,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 27,
        "image_size": 384,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "vision_use_head": False,
    },
    parameters=siglip_parameters,
)

TOWERS = (SIGLIP, SIGLIP2, VIDEO_LLAMA_3_VISION, PADDLEOCR_VISION)
