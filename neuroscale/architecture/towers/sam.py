"""The image encoder of Segment Anything, which DeepSeek-VL and GOT-OCR use: windowed layers with some global ones.

Each layer learns relative positions along both axes, over its window or over the whole image; a neck of two
convolutions narrows the output. Defined by SamVisionModel and GotOcr2VisionEncoder of transformers.
"""

from neuroscale.architecture.blocks import projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    feed_forward_weights,
    layer_norm,
    pair,
    patch_count,
    patch_embedding,
    width_of,
)

_DEFAULT_GLOBAL_LAYERS = (2, 5, 8, 11)
_MAXIMUM_RATIO = 1024.0
_KERNEL_AREA = 9


def neck(width: int, channels: int) -> int:
    """Return a convolution of single patches, one of their neighbourhoods, and a norm behind each."""
    return projection(width, channels) + projection(_KERNEL_AREA * channels, channels) + 2 * layer_norm(channels)


def output_channels(fields: Fields) -> int:
    """Return how many channels the neck yields."""
    return width_of(fields, "output_channels")


def _intermediate(fields: Fields, width: int) -> int:
    stated = fields.optional_integer("mlp_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    if stated is not None:
        return stated
    return int(width * (fields.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO) or 0.0))


def _relative_positions(fields: Fields, width: int) -> int:
    """Return the learned distances of all layers, as many per axis as two positions can be apart."""
    if not fields.flag("use_rel_pos"):
        return 0
    layers = layer_count(fields)
    stated = fields.integers("global_attn_indexes", maximum=MAXIMUM_LAYERS)
    is_global = frozenset(_DEFAULT_GLOBAL_LAYERS if stated is None else stated)
    window = fields.integer("window_size", maximum=MAXIMUM_WIDTH, minimum=0)
    side = pair(fields, "image_size")[0] // pair(fields, "patch_size")[0]
    sides = [side if index in is_global or window == 0 else window for index in range(layers)]
    return sum(2 * (2 * extent - 1) for extent in sides) * (width // query_heads(fields))


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    layer = (
        projection(width, 3 * width, bias=fields.flag("qkv_bias"))
        + projection(width, width, bias=True)
        + feed_forward_weights(width, _intermediate(fields, width))
        + 2 * layer_norm(width)
    )
    return (
        patch_embedding(fields, width, bias=True)
        + (patch_count(fields) * width if fields.flag("use_abs_pos") else 0)
        + layer_count(fields) * layer
        + _relative_positions(fields, width)
        + neck(width, output_channels(fields))
    )


_COMMON = {
    "hidden_size": 768,
    "output_channels": 256,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_channels": 3,
    "image_size": 1024,
    "patch_size": 16,
    "qkv_bias": True,
    "use_abs_pos": True,
    "use_rel_pos": True,
    "window_size": 14,
}
SAM_VISION = Tower(
    model_types=("sam_vision_model",), defaults={**_COMMON, "mlp_ratio": 4.0}, parameters=_parameters
)
GOT_OCR2_VISION = Tower(
    model_types=("got_ocr2_vision", "pp_chart2table_vision"),
    defaults={**_COMMON, "mlp_dim": 3072},
    parameters=_parameters,
)

TOWERS = (SAM_VISION, GOT_OCR2_VISION)
