"""xLSTM: each layer is one matrix LSTM with a gated feed-forward; no layer attends.

The matrix LSTM keeps per head a matrix of keys by values, a normaliser of the keys' width and a stabiliser. vLLM
has no such layer; the state is that of the definition, xLSTM 7B, https://arxiv.org/abs/2503.13427. Defined by
xLSTMConfig and xLSTMForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.recurrent_blocks import heads_of_width, mixer
from neuroscale.errors import InvalidInputError

_MAXIMUM_FACTOR = 1024.0


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    stated = fields.optional_integer("embedding_dim", maximum=MAXIMUM_WIDTH)
    if stated is not None and stated != hidden_size(fields):
        raise InvalidInputError(
            f"{stated} differs from the hidden size of {hidden_size(fields)}", field=fields.path("embedding_dim")
        )
    blocks = fields.optional_integer("num_blocks", maximum=MAXIMUM_LAYERS, minimum=1)
    return (LayerKind("linear", dense=True, experts=False),) * (layer_count(fields) if blocks is None else blocks)


def _mixer(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    hidden, bias = hidden_size(fields), fields.flag("use_bias")
    keys, values = _scaled(fields, "qk_dim_factor"), _scaled(fields, "v_dim_factor")
    heads, value_head = heads_of_width(fields, values, "num_heads")
    _, key_head = heads_of_width(fields, keys, "num_heads")
    layer_norm_biases = 2 * hidden + values if bias else 0
    return mixer(
        weights=projection(hidden, 2 * keys + 2 * values, bias=bias)
        + projection(hidden, 2 * heads, bias=True)
        + projection(values, hidden, bias=bias),
        norms=values + layer_norm_biases,
        head_dimension=value_head,
        state=heads * (key_head * value_head + key_head + 1),
        modules=(
            *((f"mlstm_layer.{name}", hidden * keys) for name in ("q", "k")),
            *((f"mlstm_layer.{name}", hidden * values) for name in ("v", "ogate_preact", "out_proj")),
            *((f"mlstm_layer.{name}", hidden * heads) for name in ("igate_preact", "fgate_preact")),
        ),
    )


def _scaled(fields: Fields, factor: str) -> int:
    return int(hidden_size(fields) * _factor(fields, factor))


def _factor(fields: Fields, name: str) -> float:
    factor = fields.optional_number(name, minimum=0.0, maximum=_MAXIMUM_FACTOR)
    if factor is None:
        raise InvalidInputError(
            "a number is needed, but the field is null",
            field=fields.path(name),
            fix="take the config.json as it was published",
        )
    return factor


def _dense(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden, bias = hidden_size(fields), fields.flag("use_bias")
    multiple = fields.integer("ffn_round_up_to_multiple_of", maximum=MAXIMUM_WIDTH)
    width = int((hidden * _factor(fields, "ffn_proj_factor") + multiple - 1) // multiple * multiple)
    return DenseBlock(
        width,
        projection(hidden, 2 * width, bias=bias) + projection(width, hidden, bias=bias),
        tuple((f"ffn.{name}", hidden * width) for name in ("proj_up_gate", "proj_up", "proj_down")),
    )


XLSTM = Family(
    model_types=("xlstm",),
    class_names=("xLSTMForCausalLM",),
    defaults={
        "vocab_size": 50304,
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_heads": 8,
        "qk_dim_factor": 0.5,
        "v_dim_factor": 1.0,
        "ffn_proj_factor": 2.667,
        "ffn_round_up_to_multiple_of": 64,
    },
    layers=_layers,
    attention=_mixer,
    dense=_dense,
    can_tie=False,
)

FAMILIES = (XLSTM,)
