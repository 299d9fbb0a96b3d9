"""The tower of HunyuanOCR and its kin: a vision transformer with positions for the largest image it takes.

Defined by HunYuanVLVisionTransformer of transformers, without its merger, whose output is as wide as the language
model.
"""

from neuroscale.architecture.blocks import projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, patch_embedding, width_of


def _parameters(fields: Fields) -> int:
    width, heads = width_of(fields), query_heads(fields)
    stated = fields.optional_integer("head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    inner = heads * (width // heads if stated is None else stated)
    side = width_of(fields, "max_image_size") // width_of(fields, "patch_size")
    layer = (
        3 * projection(width, inner, bias=True)
        + projection(inner, width, bias=True)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + 2 * layer_norm(width)
    )
    return patch_embedding(fields, width, bias=True) + (side * side + 1) * width + layer_count(fields) * layer


HUNYUAN_VL_VISION = Tower(
    model_types=("hunyuan_vl_vision",),
    defaults={
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_attention_heads": 16,
        "num_channels": 3,
        "num_hidden_layers": 27,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "max_image_size": 2048,
    },
    parameters=_parameters,
    aliases={"num_attention_heads": ("attention_heads",)},
)

TOWERS = (HUNYUAN_VL_VISION,)
