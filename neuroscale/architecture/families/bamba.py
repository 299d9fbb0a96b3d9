"""Bamba and Falcon-H1: Mamba-2 with attention, in layers of their own (Bamba) or side by side in each (Falcon-H1).

Bamba lists its full layers in `attn_layer_indices`. Falcon-H1 may state the width of its state-space mixer
(`mamba_d_ssm`), gives the projection out of it a bias apart (`projectors_bias`) and leaves out the gated norm
unless `mamba_rms_norm` asks for it. Defined by BambaConfig, FalconH1Config and their causal language models of
transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention, hidden_size
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention, layer_count
from neuroscale.architecture.recurrent_blocks import beside_attention, heads_of_width, mamba2_mixer
from neuroscale.errors import InvalidInputError

_FEED_FORWARD_MODULES = tuple(f"feed_forward.{name}" for name in ("gate_proj", "up_proj", "down_proj"))
_attention = partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias")


def _bamba_layers(fields: Fields) -> tuple[LayerKind, ...]:
    full = frozenset(fields.integers("attn_layer_indices", maximum=MAXIMUM_LAYERS) or ())
    return dense_layers(
        ["full" if index in full else "state-space" for index in range(layer_count(fields))],
    )


def _bamba_mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "full":
        return _attention(fields, kind)
    return _mamba(fields, _expanded_width(fields))


def _parallel_mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    stated = fields.optional_integer("mamba_d_ssm", maximum=MAXIMUM_WIDTH, minimum=1)
    recurrent = _mamba(
        fields,
        _expanded_width(fields) if stated is None else stated,
        output_bias=fields.flag("projectors_bias"),
        gated_norm=fields.flag("mamba_rms_norm"),
    )
    return beside_attention(_attention(fields, kind), recurrent)


def _expanded_width(fields: Fields) -> int:
    return hidden_size(fields) * fields.integer("mamba_expand", maximum=MAXIMUM_HEADS)


def _mamba(
    fields: Fields, inner: int, *, output_bias: bool | None = None, gated_norm: bool = True
) -> AttentionBlock:
    heads, head = heads_of_width(fields, inner, "mamba_n_heads")
    if fields.value("mamba_d_head")[1] != "auto":
        stated = fields.integer("mamba_d_head", maximum=MAXIMUM_WIDTH)
        if stated != head:
            raise InvalidInputError(
                f"{heads} heads of {stated} elements do not make up a width of {inner}",
                field=fields.path("mamba_d_head"),
            )
    return mamba2_mixer(
        fields,
        heads=heads,
        head=head,
        groups=fields.integer("mamba_n_groups", maximum=MAXIMUM_HEADS),
        state=fields.integer("mamba_d_state", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("mamba_d_conv", maximum=MAXIMUM_WIDTH),
        projection_bias=fields.flag("mamba_proj_bias"),
        convolution_bias=fields.flag("mamba_conv_bias"),
        output_bias=output_bias,
        gated_norm=gated_norm,
        module="mamba",
    )


_DEFAULTS: dict[str, object] = {
    "vocab_size": 128000,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "mamba_n_heads": 128,
    "mamba_d_head": "auto",
    "mamba_n_groups": 1,
    "mamba_d_state": 256,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_conv_bias": True,
}

BAMBA = Family(
    model_types=("bamba",),
    class_names=("BambaForCausalLM",),
    defaults=_DEFAULTS | {"max_position_embeddings": 262144},
    layers=_bamba_layers,
    attention=_bamba_mixer,
    dense=partial(dense_feed_forward, bias="mlp_bias", modules=_FEED_FORWARD_MODULES),
)

FALCON_H1 = Family(
    model_types=("falcon_h1",),
    class_names=("FalconH1ForCausalLM",),
    defaults=_DEFAULTS | {"max_position_embeddings": 8192, "mamba_d_ssm": 1024},
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_parallel_mixer,
    dense=partial(dense_feed_forward, bias="mlp_bias", modules=_FEED_FORWARD_MODULES),
)

FAMILIES = (BAMBA, FALCON_H1)
