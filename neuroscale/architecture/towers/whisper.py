"""Whisper's encoder and its descendants: two convolutions over mel bands, positions, and a transformer.

The key projection alone has no bias. Defined by WhisperEncoder, Qwen2AudioEncoder and VoxtralEncoder of
transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, width_of

_KERNEL = 3


def whisper_layer(width: int, intermediate: int) -> int:
    """Return the parameters of one layer of the encoder."""
    return (
        3 * projection(width, width, bias=True)
        + projection(width, width)
        + feed_forward_weights(width, intermediate)
        + 2 * layer_norm(width)
    )


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    return (
        projection(_KERNEL * width_of(fields, "num_mel_bins"), width, bias=True)
        + projection(_KERNEL * width, width, bias=True)
        + fields.integer("max_source_positions", maximum=MAXIMUM_TOKENS) * width
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

TOWERS = (VOXTRAL_ENCODER, QWEN2_AUDIO_ENCODER)
