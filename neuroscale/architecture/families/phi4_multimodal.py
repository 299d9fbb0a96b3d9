"""Phi-4-multimodal: Phi-3 with a SigLIP vision tower and a conformer audio tower, each with its projector.

The audio tower has one projector for speech alone and one for speech beside images. The published checkpoint also
holds low-rank adapters for vision and speech, which the class does not have. Defined by Phi4MultimodalConfig,
Phi4MultimodalVisionConfig, Phi4MultimodalAudioConfig and Phi4MultimodalForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection, query_heads
from neuroscale.architecture.families.phi import PHI3
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import layer_norm, width_of
from neuroscale.architecture.towers.siglip import siglip_parameters
from neuroscale.errors import InvalidInputError


def _vision(root: Fields) -> int:
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    width = width_of(vision)
    separators = 2 * width
    return siglip_parameters(vision) + separators + _projector(width, _language_width(root))


def _language_width(root: Fields) -> int:
    return hidden_size(root.with_defaults(PHI4_MULTIMODAL.defaults))


def _projector(width: int, hidden: int) -> int:
    return projection(width, hidden, bias=True) + projection(hidden, hidden, bias=True)


def _audio(root: Fields) -> int:
    audio = root.nested("audio_config", _AUDIO_DEFAULTS, _AUDIO_ALIASES)
    if audio is None:
        audio = Fields({}, _AUDIO_DEFAULTS, "audio_config", _AUDIO_ALIASES)
    width = width_of(audio)
    distances = audio.integer("bias_max_distance", maximum=MAXIMUM_TOKENS)
    buckets = distances if audio.flag("bias_symmetric") else 2 * distances
    reduced = width * audio.integer("downsample_rate", maximum=MAXIMUM_WIDTH)
    return (
        _subsampling(audio, width)
        + buckets * query_heads(audio)
        + layer_count(audio) * _conformer_layer(audio, width)
        + 2 * _projector(reduced, _language_width(root))
    )


def _conformer_layer(audio: Fields, width: int) -> int:
    intermediate = width_of(audio, "intermediate_size")
    feed_forward = (
        layer_norm(width)
        + projection(width, 2 * intermediate, bias=True)
        + projection(intermediate, width, bias=True)
    )
    heads_width = width // query_heads(audio) * query_heads(audio)
    attention = projection(width, 3 * heads_width, bias=True) + projection(heads_width, width, bias=True)
    return 2 * feed_forward + attention + _convolution(audio, width) + 2 * layer_norm(width)


def _convolution(audio: Fields, width: int) -> int:
    """Return a gated point-wise convolution with two biases more, one by depth, and two point-wise ones."""
    outer = width_of(audio, "ext_pw_out_channel")
    deep = width * audio.integer("depthwise_multiplier", maximum=MAXIMUM_WIDTH)
    kernel = audio.integer("kernel_size", maximum=MAXIMUM_WIDTH)
    return (
        layer_norm(width)
        + projection(width, 2 * outer, bias=True)
        + 2 * outer
        + deep * (kernel + 1)
        + projection(deep, width_of(audio, "depthwise_separable_out_channel"), bias=True)
        + projection(width, outer, bias=True)
    )


def _subsampling(audio: Fields, width: int) -> int:
    """Return convolutions of 3 by 3 that each halve time and frequency, and the projection behind them."""
    reduction = audio.integer("time_reduction", maximum=MAXIMUM_WIDTH, minimum=2)
    if reduction % 2:
        raise InvalidInputError("must be even", field=audio.path("time_reduction"))
    halvings = reduction.bit_length() - 1
    channels = width_of(audio, "nemo_conv_channels")
    frequencies = width_of(audio, "input_size")
    for _ in range(halvings):
        frequencies = (frequencies + 1) // 2
    by_depth = channels * (9 + 1)
    return (
        by_depth
        + (halvings - 1) * (by_depth + projection(channels, channels, bias=True))
        + projection(channels * frequencies, width, bias=True)
    )


_VISION_DEFAULTS = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "num_channels": 3,
    "image_size": 448,
    "patch_size": 14,
    "vision_use_head": True,
}
_AUDIO_DEFAULTS = {
    "hidden_size": 1024,
    "intermediate_size": 1536,
    "num_blocks": 24,
    "num_attention_heads": 16,
    "ext_pw_out_channel": 1024,
    "depthwise_separable_out_channel": 1024,
    "depthwise_multiplier": 1,
    "kernel_size": 3,
    "input_size": 80,
    "time_reduction": 8,
    "bias_max_distance": 1000,
    "nemo_conv_channels": 1024,
    "downsample_rate": 1,
}
_AUDIO_ALIASES = {"num_hidden_layers": ("num_blocks",)}

PHI4_MULTIMODAL = replace(
    PHI3,
    model_types=("phi4_multimodal",),
    class_names=("Phi4MultimodalForCausalLM",),
    defaults={
        **PHI3.defaults,
        "vocab_size": 200064,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
    },
    vision=_vision,
    audio=_audio,
)

FAMILIES = (PHI4_MULTIMODAL,)
