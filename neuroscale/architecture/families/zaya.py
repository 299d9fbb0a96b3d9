"""ZAYA: attention behind short convolutions, and experts whose router is a network of its own.

Queries and keys pass two convolutions, and half of each value is that of the token before, so that a layer keeps a
constant state beside its key/value cache. The router may skip a layer: one of its choices has no weights. All but
the first layer scale what their router takes over from the layer before. Both residuals of a layer are scaled and
shifted. Defined by ZayaConfig and ZayaForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    expert_feed_forward,
    head_dimension,
    hidden_size,
    key_value_heads,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import (
    MAXIMUM_TOKENS,
    MAXIMUM_VOCABULARY,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.errors import InvalidInputError

_FIRST = "first layer"
_KINDS: dict[str, AttentionKind] = {"hybrid": "full", "hybrid_sliding": "sliding"}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    names = fields.texts("layer_types")
    if names is None:
        names = ("hybrid",) * layers
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    return tuple(
        LayerKind(_KINDS[name], dense=False, experts=True, variant="" if index else _FIRST)
        for index, name in enumerate(names)
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, width, kv_heads = hidden_size(fields), head_dimension(fields), key_value_heads(fields)
    bias = fields.flag("attention_bias")
    queries, keys = query_heads(fields) * width, kv_heads * width
    half_values = keys // 2
    first = fields.integer("cca_time0", maximum=MAXIMUM_WIDTH)
    second = fields.integer("cca_time1", maximum=MAXIMUM_WIDTH)
    channels = queries + keys
    convolutions = channels * first + channels + channels * width * second + channels
    window = fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS, minimum=1)
    return AttentionBlock(
        weights=projection(hidden, queries + keys + 2 * half_values, bias=bias)
        + convolutions
        + projection(queries, hidden, bias=bias),
        norms=kv_heads,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        window_tokens=window if kind.attention == "sliding" else None,
        other=2 * 4 * hidden,
        convolution_state_elements=channels * (first - 1 + second - 1),
        recurrent_state_elements=half_values,
        modules=(
            ("self_attn.qkv_proj.q_proj", hidden * queries),
            ("self_attn.qkv_proj.k_proj", hidden * keys),
            ("self_attn.qkv_proj.v_proj_current", hidden * half_values),
            ("self_attn.qkv_proj.v_proj_delayed", hidden * half_values),
            ("self_attn.o_proj", queries * hidden),
        ),
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = expert_feed_forward(fields, kind)
    width = fields.integer("router_hidden_size", maximum=MAXIMUM_WIDTH)
    taken_over = 0 if kind.variant == _FIRST else width
    router = (
        projection(hidden_size(fields), width, bias=True)
        + taken_over
        + width
        + 2 * projection(width, width, bias=True)
        + projection(width, block.routed_experts + 1)
    )
    return replace(block, router=router, zero_experts=1)


def _extras(fields: Fields) -> Extras:
    has_bias = fields.flag("lm_head_bias")
    return Extras(
        output_head=fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) if has_bias else 0,
        other=2 * hidden_size(fields),
    )


ZAYA = Family(
    model_types=("zaya",),
    class_names=("ZayaForCausalLM",),
    defaults={
        "vocab_size": 262272,
        "hidden_size": 2048,
        "num_hidden_layers": 40,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "moe_intermediate_size": 2048,
        "num_experts_per_tok": 1,
        "num_experts": 16,
        "router_hidden_size": 256,
        "cca_time0": 2,
        "cca_time1": 2,
    },
    layers=_layers,
    attention=_attention,
    experts=_experts,
    extras=_extras,
)

FAMILIES = (ZAYA,)
