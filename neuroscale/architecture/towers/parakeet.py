"""Parakeet: a conformer with relative positions behind convolutions that thin out the spectrogram.

Every convolution but the first that thins it out works on each channel alone, and one across channels follows it.
Defined by ParakeetEncoder of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, attention_weights, feed_forward_weights, layer_norm, width_of


def _parameters(fields: Fields) -> int:
    width, bias, convolution_bias = width_of(fields), fields.flag("attention_bias"), fields.flag("convolution_bias")
    kernel = width_of(fields, "conv_kernel_size")
    attention = attention_weights(width, bias=bias) + projection(width, width) + 2 * width
    depthwise = width * kernel + (width if convolution_bias else 0)
    convolution = (
        projection(width, 2 * width, bias=convolution_bias)
        + depthwise
        + projection(width, width, bias=convolution_bias)
        + layer_norm(width)
    )
    layer = (
        2 * feed_forward_weights(width, width_of(fields, "intermediate_size"), bias=bias)
        + attention
        + convolution
        + 5 * layer_norm(width)
    )
    return _subsampling(fields, width) + layer_count(fields) * layer


def _subsampling(fields: Fields, width: int) -> int:
    factor = width_of(fields, "subsampling_factor")
    steps = factor.bit_length() - 1
    if factor != 2**steps or not steps:
        raise UncountableError(f"{fields.path('subsampling_factor')} is not a power of two")
    channels, kernel = (
        width_of(fields, "subsampling_conv_channels"),
        width_of(fields, "subsampling_conv_kernel_size"),
    )
    bins = width_of(fields, "num_mel_bins") // width_of(fields, "subsampling_conv_stride") ** steps
    alone = projection(kernel * kernel, channels, bias=True)
    return (
        alone
        + (steps - 1) * (alone + projection(channels, channels, bias=True))
        + projection(channels * bins, width, bias=True)
    )


PARAKEET = Tower(
    model_types=("parakeet_encoder",),
    defaults={
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "intermediate_size": 4096,
        "attention_bias": True,
        "convolution_bias": True,
        "conv_kernel_size": 9,
        "subsampling_factor": 8,
        "subsampling_conv_channels": 256,
        "num_mel_bins": 80,
        "subsampling_conv_kernel_size": 3,
        "subsampling_conv_stride": 2,
    },
    parameters=_parameters,
)

TOWERS = (PARAKEET,)
