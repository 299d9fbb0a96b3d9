"""Qwen3-Omni: a Qwen3-MoE language model with a vision and an audio tower, which together are called the thinker.

The talker and its vocoder, which turn text into speech, are stored in the same checkpoint when
`enable_audio_output` is true; engines that serve text leave them out, and so do the counts: vLLM 0.33.0 drops every
weight below `talker.` as it loads the thinker. Defined by Qwen3OmniMoeThinkerConfig, Qwen3OmniMoeAudioEncoderConfig
and Qwen3OmniMoeThinkerForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, projection
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.families.qwen3_vl import qwen3_vision_tower
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import full_attention, sparse_step_layers

_AUDIO_DEFAULTS = {
    "num_mel_bins": 128,
    "encoder_layers": 32,
    "encoder_ffn_dim": 5120,
    "d_model": 1280,
    "output_dim": 3584,
    "downsample_hidden_size": 480,
}
_CONVOLUTION = 9
_HALVINGS = 3


def _audio(root: Fields) -> int:
    """Return three convolutions that halve the spectrum, an encoder and its projection into the language model."""
    audio = root.nested("audio_config", _AUDIO_DEFAULTS) or Fields({}, _AUDIO_DEFAULTS, "audio_config")
    width = audio.integer("d_model", "hidden_size", maximum=MAXIMUM_WIDTH)
    intermediate = audio.integer("encoder_ffn_dim", "intermediate_size", maximum=MAXIMUM_WIDTH)
    channels = audio.integer("downsample_hidden_size", maximum=MAXIMUM_WIDTH)
    bins = audio.integer("num_mel_bins", maximum=MAXIMUM_WIDTH)
    for _ in range(_HALVINGS):
        bins = (bins + 1) // 2
    layer = (
        4 * projection(width, width, bias=True)
        + projection(width, intermediate, bias=True)
        + projection(intermediate, width, bias=True)
        + 2 * 2 * width
    )
    return (
        projection(_CONVOLUTION, channels, bias=True)
        + (_HALVINGS - 1) * projection(_CONVOLUTION * channels, channels, bias=True)
        + projection(channels * bins, width)
        + audio.integer("encoder_layers", "num_hidden_layers", maximum=MAXIMUM_LAYERS) * layer
        + 2 * width
        + projection(width, width, bias=True)
        + projection(width, audio.integer("output_dim", maximum=MAXIMUM_WIDTH), bias=True)
    )


THINKER = Family(
    model_types=("qwen3_omni_moe_thinker",),
    class_names=("Qwen3OmniMoeThinkerForConditionalGeneration",),
    defaults={
        "vocab_size": 3584,
        "hidden_size": 2048,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32768,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 768,
        "num_experts_per_tok": 8,
        "num_experts": 128,
    },
    layers=lambda fields: sparse_step_layers(fields, full_attention(fields)),
    attention=qwen3_attention,
    dense=dense_feed_forward,
    experts=expert_feed_forward,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=qwen3_vision_tower,
    audio=_audio,
)

QWEN3_OMNI_MOE = replace(
    THINKER,
    model_types=("qwen3_omni_moe",),
    class_names=("Qwen3OmniMoeForConditionalGeneration",),
    part_field="thinker_config",
)

FAMILIES = (THINKER, QWEN3_OMNI_MOE)
