"""The tower of LFM3-VL: gated convolutions over neighbouring patches, with attention in some layers.

`layer_types` says which layers attend; without it every second one from the third on does. Defined by
Lfm3VlVisionModel of transformers.
"""

from neuroscale.architecture.blocks import key_value_heads, projection, query_heads
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, width_of
from neuroscale.architecture.towers.qwen2_vl import voxel_embedding
from neuroscale.errors import InvalidInputError

_CONVOLUTION = "conv"


def _layer_types(fields: Fields) -> tuple[str, ...]:
    layers = layer_count(fields)
    stated = fields.texts("layer_types")
    if stated is None:
        return tuple(_CONVOLUTION if index < 2 or index % 2 else "full_attention" for index in range(layers))
    if len(stated) < layers:
        raise InvalidInputError(f"has {len(stated)} entries for {layers} layers", field=fields.path("layer_types"))
    return stated[:layers]


def _parameters(fields: Fields) -> int:
    width, kernel = width_of(fields), width_of(fields, "conv_kernel_size")
    head = width // query_heads(fields)
    queries, keys = query_heads(fields) * head, key_value_heads(fields) * head
    attention = projection(width, queries + 2 * keys) + projection(queries, width) + 2 * head
    convolution = projection(width, 3 * width) + width * kernel * kernel + projection(width, width)
    kinds = _layer_types(fields)
    convolutions = kinds.count(_CONVOLUTION)
    feed_forward = feed_forward_weights(width, width_of(fields, "intermediate_size"), bias=False, matrices=3)
    return (
        voxel_embedding(fields, width)
        + width
        + convolutions * convolution
        + (len(kinds) - convolutions) * attention
        + len(kinds) * (feed_forward + 2 * width)
    )


LFM3_VL_VISION = Tower(
    model_types=("lfm3_vl_vision",),
    defaults={
        "hidden_size": 1024,
        "intermediate_size": 2560,
        "in_channels": 3,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "num_hidden_layers": 14,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "conv_kernel_size": 3,
    },
    parameters=_parameters,
)

TOWERS = (LFM3_VL_VISION,)
