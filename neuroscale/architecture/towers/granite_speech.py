"""The encoder of Granite Speech: a conformer with relative positions that also predicts letters half-way.

A layer is two feed-forwards around attention within blocks and a gated convolution, whose batch norm has learned
weights. Defined by GraniteSpeechCTCEncoder of transformers.
"""

from neuroscale.architecture.blocks import projection, query_heads
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, feed_forward_weights, layer_norm, width_of


def _convolution(fields: Fields, width: int) -> int:
    inner = width * fields.integer("conv_expansion_factor", maximum=MAXIMUM_LAYERS)
    return (
        layer_norm(width)
        + projection(width, 2 * inner, bias=True)
        + inner * width_of(fields, "conv_kernel_size")
        + layer_norm(inner)
        + projection(inner, width, bias=True)
    )


def _attention(fields: Fields, width: int) -> int:
    heads = query_heads(fields)
    stated = fields.optional_integer("dim_head", maximum=MAXIMUM_WIDTH, minimum=1)
    head = width // heads if stated is None else stated
    inner = heads * head
    positions = (2 * fields.integer("max_pos_emb", maximum=MAXIMUM_TOKENS) + 1) * head
    return layer_norm(width) + 3 * projection(width, inner) + projection(inner, width, bias=True) + positions


def _parameters(fields: Fields) -> int:
    width, output = width_of(fields), width_of(fields, "output_dim")
    inner = width * fields.integer("feedforward_mult", maximum=MAXIMUM_LAYERS)
    feed_forward = layer_norm(width) + feed_forward_weights(width, inner)
    layer = 2 * feed_forward + _attention(fields, width) + _convolution(fields, width) + layer_norm(width)
    return (
        projection(width_of(fields, "input_dim"), width, bias=True)
        + layer_count(fields) * layer
        + projection(width, output, bias=True)
        + projection(output, width, bias=True)
    )


GRANITE_SPEECH_ENCODER = Tower(
    model_types=("granite_speech_encoder", "granite_speech_plus_encoder"),
    defaults={
        "input_dim": 160,
        "num_layers": 10,
        "hidden_dim": 1024,
        "feedforward_mult": 4,
        "num_heads": 8,
        "output_dim": 42,
        "max_pos_emb": 512,
        "conv_kernel_size": 15,
        "conv_expansion_factor": 2,
    },
    parameters=_parameters,
    aliases={
        "hidden_size": ("hidden_dim",),
        "num_hidden_layers": ("num_layers",),
        "num_attention_heads": ("num_heads",),
        "input_dim": ("num_mel_bins",),
    },
)

TOWERS = (GRANITE_SPEECH_ENCODER,)
