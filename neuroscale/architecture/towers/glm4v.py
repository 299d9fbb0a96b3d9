"""The tower of GLM-4.1V and GLM-4.5V/4.6V, with the convolution and the gated merger that end it.

The feed-forward of a layer is as wide as `out_hidden_size`; the merger's is as wide as `intermediate_size`. Defined
by Glm4vVisionModel and Glm4vMoeVisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, patch_count, width_of
from neuroscale.architecture.towers.qwen2_vl import voxel_embedding


def _parameters(fields: Fields) -> int:
    width, output = width_of(fields), width_of(fields, "out_hidden_size")
    merge = fields.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS)
    layer = (
        projection(width, 3 * width, bias=fields.flag("attention_bias"))
        + projection(width, width)
        + feed_forward_weights(width, output, bias=False, matrices=3)
        + 2 * width
    )
    merger = (
        projection(output, output)
        + layer_norm(output)
        + feed_forward_weights(output, width_of(fields, "intermediate_size"), bias=False, matrices=3)
    )
    return (
        voxel_embedding(fields, width, bias=True)
        + patch_count(fields) * width
        + layer_count(fields) * layer
        + 2 * width
        + projection(width * merge * merge, output, bias=True)
        + merger
    )


GLM4V_VISION = Tower(
    model_types=("glm4v_vision",),
    defaults={
        "depth": 24,
        "hidden_size": 1536,
        "intermediate_size": 13696,
        "out_hidden_size": 4096,
        "in_channels": 3,
        "image_size": 336,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "attention_bias": False,
    },
    parameters=_parameters,
    aliases={"num_hidden_layers": ("depth",)},
)

TOWERS = (GLM4V_VISION,)
