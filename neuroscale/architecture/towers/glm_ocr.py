"""The tower of GLM-OCR: that of GLM-4.1V without learned positions, with head norms and biases in its layers.

The merger's feed-forward is as wide as the output times the channels of an image. Defined by GlmOcrVisionModel of
transformers.
"""

from neuroscale.architecture.blocks import projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, width_of
from neuroscale.architecture.towers.qwen2_vl import voxel_embedding


def _parameters(fields: Fields) -> int:
    width, output = width_of(fields), width_of(fields, "out_hidden_size")
    merge, bias = fields.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS), fields.flag("attention_bias")
    layer = (
        projection(width, 3 * width, bias=bias)
        + projection(width, width, bias=bias)
        + 2 * (width // query_heads(fields))
        + feed_forward_weights(width, width_of(fields, "intermediate_size"), bias=bias, matrices=3)
        + 2 * width
    )
    inner = output * width_of(fields, "in_channels")
    return (
        voxel_embedding(fields, width, bias=True)
        + layer_count(fields) * layer
        + width
        + projection(width * merge * merge, output, bias=True)
        + projection(output, output)
        + layer_norm(output)
        + feed_forward_weights(output, inner, bias=False, matrices=3)
    )


GLM_OCR_VISION = Tower(
    model_types=("glm_ocr_vision",),
    defaults={
        "depth": 24,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_heads": 16,
        "out_hidden_size": 1536,
        "in_channels": 3,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "attention_bias": True,
    },
    parameters=_parameters,
    aliases={"num_hidden_layers": ("depth",), "num_attention_heads": ("num_heads",)},
)

TOWERS = (GLM_OCR_VISION,)
