"""C-RADIO: a vision transformer with learned positions for its largest image, class tokens and registers.

It may embed patches that span several frames of a video with a projection of their own. The scale of each residual
is a parameter. Defined by RadioModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, width_of

_MAXIMUM_RATIO = 1024.0


def _parameters(fields: Fields) -> int:
    width, patch = width_of(fields), width_of(fields, "patch_size")
    pixels = width_of(fields, "num_channels") * patch * patch
    frames = fields.optional_integer("video_temporal_patch_size", maximum=MAXIMUM_WIDTH) or 0
    side = width_of(fields, "max_img_size") // patch
    tokens = fields.integer("num_cls_tokens", minimum=0, maximum=MAXIMUM_TOKENS) + fields.integer(
        "num_registers", minimum=0, maximum=MAXIMUM_TOKENS
    )
    layer = (
        3 * projection(width, width, bias=fields.flag("qkv_bias"))
        + projection(width, width, bias=True)
        + _feed_forward(fields, width)
        + 2 * layer_norm(width)
        + 2 * width
    )
    return projection(pixels * (1 + frames), width) + (side * side + tokens) * width + layer_count(fields) * layer


def _feed_forward(fields: Fields, width: int) -> int:
    """Return the feed-forward; with a gate it keeps two thirds of the width, rounded up to a multiple of eight."""
    intermediate = int(width * (fields.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO) or 0.0))
    if not fields.flag("use_swiglu_ffn"):
        return feed_forward_weights(width, intermediate)
    return feed_forward_weights(width, (int(intermediate * 2 / 3) + 7) // 8 * 8, matrices=3)


RADIO = Tower(
    model_types=("radio",),
    defaults={
        "hidden_size": 1280,
        "num_hidden_layers": 32,
        "mlp_ratio": 4.0,
        "qkv_bias": True,
        "num_channels": 3,
        "patch_size": 16,
        "max_img_size": 2048,
        "num_cls_tokens": 3,
        "num_registers": 7,
    },
    parameters=_parameters,
)

TOWERS = (RADIO,)
