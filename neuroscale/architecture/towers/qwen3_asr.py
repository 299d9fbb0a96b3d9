"""The encoder of Qwen3-ASR: three convolutions that each halve the spectrogram, and a transformer.

Positions are computed. Defined by Qwen3ASREncoder of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, encoder_layer, layer_norm, width_of

_KERNEL_AREA = 9
_HALVINGS = 3


def _parameters(fields: Fields) -> int:
    width, channels = width_of(fields), width_of(fields, "downsample_hidden_size")
    bins = width_of(fields, "num_mel_bins")
    for _ in range(_HALVINGS):
        bins = (bins + 1) // 2
    return (
        projection(_KERNEL_AREA, channels, bias=True)
        + (_HALVINGS - 1) * projection(_KERNEL_AREA * channels, channels, bias=True)
        + projection(channels * bins, width)
        + layer_count(fields) * encoder_layer(width, width_of(fields, "intermediate_size"))
        + layer_norm(width)
    )


QWEN3_ASR_ENCODER = Tower(
    model_types=("qwen3_asr_encoder",),
    defaults={
        "num_mel_bins": 128,
        "encoder_layers": 24,
        "encoder_ffn_dim": 4096,
        "d_model": 1024,
        "output_dim": 3584,
        "downsample_hidden_size": 480,
    },
    parameters=_parameters,
    aliases={
        "hidden_size": ("d_model",),
        "intermediate_size": ("encoder_ffn_dim",),
        "num_hidden_layers": ("encoder_layers",),
    },
)

TOWERS = (QWEN3_ASR_ENCODER,)
