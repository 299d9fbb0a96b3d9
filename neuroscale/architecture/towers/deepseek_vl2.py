"""The vision towers of DeepSeek-VL2 and DeepSeek-OCR as the engine builds them: of fixed sizes, by class.

DeepSeek-VL2 has SigLIP So400m for images of 384 pixels, whose pooling head (a
learned query with attention, norm and feed-forward) is kept though unused. DeepSeek-OCR and Unlimited-OCR
have Segment Anything (base) with two convolutions before CLIP (large), which keeps its own embedding of patches;
DeepSeek-OCR 2 has a decoder of Qwen2's layers with learned queries in its place. The projector is configured.

Defined by DeepseekVLV2ForCausalLM, DeepseekOCRForCausalLM and DeepseekOCR2ForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import (
    attention_weights,
    encoder_layer,
    feed_forward_weights,
    layer_norm,
    width_of,
)
from neuroscale.architecture.towers.deepseek_ocr import DEEPSEEK_OCR2_VISION, UNLIMITED_OCR_VISION

_PROJECTOR_DEFAULTS = {
    "projector_type": "downsample_mlp_gelu",
    "input_dim": 1152,
    "n_embed": 2048,
    "depth": 2,
    "mlp_ratio": 1,
    "downsample_ratio": 2,
}
_SIGLIP_NAME = "vit_so400m_patch14_siglip_384.webli"
_QUERY_ENCODER = {
    "encoder_config": {
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
    }
}


def siglip_with_projector(root: Fields) -> int:
    """Return the towers of DeepSeek-VL2 with the two vectors that end rows and separate views.

    Raises:
        UncountableError: The configuration names another tower or projector, which the class does not build.
    """
    vision = root.nested("vision_config", {"model_name": _SIGLIP_NAME}) or Fields({}, {"model_name": _SIGLIP_NAME})
    if (name := vision.optional_text("model_name")) != _SIGLIP_NAME:
        raise UncountableError(f"the vision tower {name!r} is not covered")
    width, intermediate, layers, patch, side = 1152, 4304, 27, 14, 384 // 14
    tower = (
        projection(3 * patch * patch, width, bias=True)
        + side * side * width
        + layers * encoder_layer(width, intermediate)
        + layer_norm(width)
    )
    pooling = width + attention_weights(width) + layer_norm(width) + feed_forward_weights(width, intermediate)
    return tower + pooling + _projector(root, vectors=2)


def sam_and_clip_with_projector(root: Fields) -> int:
    """Return the towers of DeepSeek-OCR with the two vectors that end rows and separate views."""
    width, patch = 1024, 14
    clip_patches = projection(3 * patch * patch, width)
    return (
        UNLIMITED_OCR_VISION.parameters(Fields({}, UNLIMITED_OCR_VISION.defaults))
        + clip_patches
        + _projector(root, vectors=2)
    )


def sam_and_queries_with_projector(root: Fields) -> int:
    """Return the towers of DeepSeek-OCR 2 with the vector that separates views."""
    tower = Fields(_QUERY_ENCODER, DEEPSEEK_OCR2_VISION.defaults)
    return DEEPSEEK_OCR2_VISION.parameters(tower) + _projector(root, vectors=1)


def _projector(root: Fields, *, vectors: int) -> int:
    fields = root.nested("projector_config", _PROJECTOR_DEFAULTS) or Fields({}, _PROJECTOR_DEFAULTS)
    joined, hidden = width_of(fields, "input_dim"), width_of(fields, "n_embed")
    match fields.optional_text("projector_type"):
        case "linear":
            layers = projection(joined, hidden, bias=True)
        case "downsample_mlp_gelu":
            side = fields.integer("downsample_ratio", maximum=MAXIMUM_WIDTH)
            inner = hidden * fields.integer("mlp_ratio", maximum=MAXIMUM_WIDTH)
            between = max(fields.integer("depth", maximum=MAXIMUM_LAYERS) - 2, 0)
            layers = (
                projection(joined * side * side, inner, bias=True)
                + between * projection(inner, inner, bias=True)
                + projection(inner, hidden, bias=True)
            )
        case other:
            raise UncountableError(f"the projector type {other!r} is not covered")
    return layers + vectors * hidden


TOWERS = ()
