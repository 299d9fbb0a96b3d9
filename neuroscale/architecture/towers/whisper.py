"""Whisper's encoder and its descendants: two convolutions over mel bands, positions, and a transformer.

The key projection alone has no bias. The encoder of Qwen2.5-Omni computes its positions and projects its output.
Those of GLM-ASR and Voxtral Realtime have rotary positions and may have fewer key/value heads; Voxtral Realtime is
made as a decoder is. Defined by Qwen2AudioEncoder, VoxtralEncoder, Qwen2_5OmniAudioEncoder, GlmAsrEncoder and
VoxtralRealtimeEncoder of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import head_dimension, key_value_heads, projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, width_of

_KERNEL = 3
# Vectors that begin and end a sound.
_MARKS = 2


def whisper_layer(width: int, intermediate: int) -> int:
    """Return the parameters of one layer of the encoder."""
    return (
        3 * projection(width, width, bias=True)
        + projection(width, width)
        + feed_forward_weights(width, intermediate)
        + 2 * layer_norm(width)
    )


def _parameters(fields: Fields) -> int:
    positions = fields.integer("max_source_positions", maximum=MAXIMUM_TOKENS)
    return positions * width_of(fields) + _unpositioned_parameters(fields)


def _omni_parameters(fields: Fields) -> int:
    width, output = width_of(fields), width_of(fields, "output_dim")
    return _unpositioned_parameters(fields) + _MARKS * output + projection(width, output, bias=True)


def _convolutions(fields: Fields, width: int) -> int:
    bins = width_of(fields, "num_mel_bins")
    return projection(_KERNEL * bins, width, bias=True) + projection(_KERNEL * width, width, bias=True)


def _grouped_attention(fields: Fields, width: int) -> int:
    """Return attention with heads of a width of their own, of which the keys alone have no bias."""
    head = head_dimension(fields)
    queries, keys = query_heads(fields) * head, key_value_heads(fields) * head
    return (
        projection(width, queries, bias=True)
        + projection(width, keys)
        + projection(width, keys, bias=True)
        + projection(queries, width, bias=True)
    )


def _grouped_parameters(fields: Fields) -> int:
    width = width_of(fields)
    feed_forward = feed_forward_weights(width, width_of(fields, "intermediate_size"))
    layer = _grouped_attention(fields, width) + feed_forward + 2 * layer_norm(width)
    return _convolutions(fields, width) + layer_count(fields) * layer + layer_norm(width)


def _realtime_parameters(fields: Fields) -> int:
    width, intermediate = width_of(fields), width_of(fields, "intermediate_size")
    feed_forward = 2 * projection(width, intermediate) + projection(intermediate, width, bias=True)
    layer = _grouped_attention(fields, width) + feed_forward + 2 * width
    return _convolutions(fields, width) + layer_count(fields) * layer + width


def _unpositioned_parameters(fields: Fields) -> int:
    width = width_of(fields)
    return (
        _convolutions(fields, width)
        + layer_count(fields) * whisper_layer(width, width_of(fields, "intermediate_size"))
        + layer_norm(width)
    )


VOXTRAL_ENCODER = Tower(
    model_types=("voxtral_encoder",),
    defaults={
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_mel_bins": 128,
        "max_source_positions": 1500,
    },
    parameters=_parameters,
    aliases={
        "hidden_size": ("d_model",),
        "intermediate_size": ("encoder_ffn_dim",),
        "num_hidden_layers": ("encoder_layers",),
    },
)
QWEN2_AUDIO_ENCODER = replace(VOXTRAL_ENCODER, model_types=("qwen2_audio_encoder",))
QWEN2_5_OMNI_AUDIO_ENCODER = replace(
    VOXTRAL_ENCODER,
    model_types=("qwen2_5_omni_audio_encoder",),
    defaults={**VOXTRAL_ENCODER.defaults, "output_dim": 3584},
    parameters=_omni_parameters,
)
GLMASR_ENCODER = Tower(
    model_types=("glmasr_encoder",),
    defaults={
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_attention_heads": 20,
        "num_mel_bins": 128,
    },
    parameters=_grouped_parameters,
)
VOXTRAL_REALTIME_ENCODER = Tower(
    model_types=("voxtral_realtime_encoder",),
    defaults={**GLMASR_ENCODER.defaults, "num_attention_heads": 32, "head_dim": 64},
    parameters=_realtime_parameters,
    aliases={**VOXTRAL_ENCODER.aliases, "num_attention_heads": ("encoder_attention_heads",)},
)

TOWERS = (
    VOXTRAL_ENCODER,
    QWEN2_AUDIO_ENCODER,
    QWEN2_5_OMNI_AUDIO_ENCODER,
    GLMASR_ENCODER,
    VOXTRAL_REALTIME_ENCODER,
)
