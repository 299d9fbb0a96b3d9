"""The vision towers of DeepSeek-OCR 2 and Unlimited-OCR: Segment Anything, then two convolutions, then an encoder.

The second encoder is a decoder of Qwen2's layers with learned queries for two resolutions in DeepSeek-OCR 2, and
CLIP without its own embedding of patches in Unlimited-OCR. Defined by DeepseekOcr2VisionModel and
UnlimitedOcrVisionModel of transformers.
"""

from neuroscale.architecture.blocks import grouped_query_attention, projection
from neuroscale.architecture.decoder import LayerKind
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import (
    Tower,
    encoder_layer,
    feed_forward_weights,
    layer_norm,
    patch_count,
    width_of,
)
from neuroscale.architecture.towers.sam import GOT_OCR2_VISION, SAM_VISION, output_channels
from neuroscale.errors import InvalidInputError

_KERNEL_AREA = 9
# One query per patch of 64 pixels, for images of 768 and of 1024.
_QUERIES = 12 * 12 + 16 * 16
_LAYER = LayerKind("full", dense=True, experts=False)


def query_encoder(fields: Fields) -> Fields:
    """Return the fields of the encoder with learned queries."""
    return _part(
        fields,
        "encoder_config",
        {
            "hidden_size": 4096,
            "intermediate_size": 22016,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "num_key_value_heads": 32,
        },
    )


def clip_encoder(fields: Fields) -> Fields:
    """Return the fields of the encoder that is CLIP's."""
    return _part(
        fields,
        "encoder_config",
        {
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_hidden_layers": 24,
            "image_size": 224,
            "patch_size": 14,
        },
    )


def sam_channels(fields: Fields) -> tuple[int, int]:
    """Return the channels that the two convolutions behind Segment Anything yield."""
    sam, name = fields.nested("sam_config") or Fields({}), "downsample_channels"
    stated = sam.integers(name, maximum=MAXIMUM_WIDTH, minimum=1)
    # The default is the tower's: it differs between the models.
    stated = stated or fields.integers(name, maximum=MAXIMUM_WIDTH, minimum=1)
    if stated is None or len(stated) != 2:
        raise InvalidInputError("must have two entries", field=sam.path(name))
    return stated[0], stated[1]


def _part(fields: Fields, name: str, defaults: dict[str, int]) -> Fields:
    return fields.nested(name, defaults) or Fields({}, defaults, fields.path(name))


def _convolved_sam(fields: Fields, encoder: Tower) -> int:
    sam = fields.nested("sam_config", encoder.defaults) or Fields({}, encoder.defaults, fields.path("sam_config"))
    first, second = sam_channels(fields)
    convolutions = projection(_KERNEL_AREA * output_channels(sam), first) + projection(_KERNEL_AREA * first, second)
    return encoder.parameters(sam) + convolutions


def _with_queries(fields: Fields) -> int:
    encoder = query_encoder(fields)
    width = width_of(encoder)
    layer = (
        grouped_query_attention(encoder, _LAYER, input_bias=True).weights
        + feed_forward_weights(width, width_of(encoder, "intermediate_size"), bias=False, matrices=3)
        + 2 * width
    )
    return _convolved_sam(fields, SAM_VISION) + layer_count(encoder) * layer + width + _QUERIES * width


def _with_clip(fields: Fields) -> int:
    encoder = clip_encoder(fields)
    width = width_of(encoder)
    return (
        _convolved_sam(fields, GOT_OCR2_VISION)
        + width
        + (patch_count(encoder) + 1) * width
        + layer_norm(width)
        + layer_count(encoder) * encoder_layer(width, width_of(encoder, "intermediate_size"))
    )


DEEPSEEK_OCR2_VISION = Tower(
    model_types=("deepseek_ocr2_vision",),
    defaults={"downsample_channels": (512, 896)},
    parameters=_with_queries,
)
UNLIMITED_OCR_VISION = Tower(
    model_types=("unlimited_ocr_vision",),
    defaults={"downsample_channels": (512, 1024)},
    parameters=_with_clip,
)

TOWERS = (DEEPSEEK_OCR2_VISION, UNLIMITED_OCR_VISION)
