"""Whisper's encoder and its descendants: two convolutions over mel bands, positions, and a transformer.

The key projection alone has no bias. The encoder of Qwen2.5-Omni computes its positions and projects its output.
Defined by Qwen2AudioEncoder, VoxtralEncoder and Qwen2_5OmniAudioEncoder of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import projection
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


def _unpositioned_parameters(fields: Fields) -> int:
    width = width_of(fields)
    return (
        projection(_KERNEL * width_of(fields, "num_mel_bins"), width, bias=True)
        + projection(_KERNEL * width, width, bias=True)
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

TOWERS = (VOXTRAL_ENCODER, QWEN2_AUDIO_ENCODER, QWEN2_5_OMNI_AUDIO_ENCODER)
