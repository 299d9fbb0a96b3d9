"""Zamba and Zamba2: Mamba layers, some of them behind a transformer layer whose weights all of those share.

The shared layer reads the layer's input beside the token embedding, so it is twice as wide, and each use of it
has a projection of its own behind it and a cache of its own. Its weights are counted with the layer that uses
them first. Zamba2 takes turns between `num_mem_blocks` shared layers and adds low-rank adapters per use. Defined
by ZambaConfig, Zamba2Config and their causal language models of transformers.
"""

from collections.abc import Sequence
from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, key_value_heads, projection, query_heads
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    Family,
    LayerKind,
    NamedWeights,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.recurrent_blocks import (
    beside_attention,
    heads_of_width,
    mamba1_mixer,
    mamba2_mixer,
    time_step_rank,
)

_KINDS: dict[str, AttentionKind] = {
    "mamba": "state-space",
    "linear_attention": "state-space",
    "hybrid": "full",
}
_LAYERS_FIELD = "layers_block_type"
_OWNS_WEIGHTS = "holds the shared layer"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds: Sequence[AttentionKind] | None = _stated_kinds(fields)
    if kinds is None:
        period = fields.integer("attn_layer_period", maximum=MAXIMUM_LAYERS)
        offset = fields.integer("attn_layer_offset", minimum=0, maximum=MAXIMUM_LAYERS)
        regular = range(layer_count(fields) - 3)
        kinds = (
            "state-space",
            "state-space",
            "full",
            *(("full" if index % period == offset else "state-space") for index in regular),
        )
    return _with_owners(fields, kinds, 1)


def _layers_of_2(fields: Fields) -> tuple[LayerKind, ...]:
    kinds: Sequence[AttentionKind] = _stated_kinds(fields) or [
        "full" if index in _DEFAULT_HYBRID_LAYERS else "state-space" for index in range(_DEFAULT_LAYERS)
    ]
    return _with_owners(fields, kinds, fields.integer("num_mem_blocks", maximum=MAXIMUM_LAYERS))


def _stated_kinds(fields: Fields) -> tuple[AttentionKind, ...] | None:
    name = _LAYERS_FIELD if fields.has(_LAYERS_FIELD) else "layer_types"
    return stated_attention_kinds(fields, name=name, kinds=_KINDS)


def _with_owners(fields: Fields, kinds: Sequence[AttentionKind], shared: int) -> tuple[LayerKind, ...]:
    owners = [index for index, kind in enumerate(kinds) if kind == "full"]
    if len(owners) > shared and not fields.flag("tie_word_embeddings"):
        raise UncountableError("the classes share no layers when tie_word_embeddings is false, engines always do")
    owners = owners[:shared]
    return tuple(
        LayerKind(kind, dense=index in owners, experts=False, variant=_OWNS_WEIGHTS if index in owners else "")
        for index, kind in enumerate(kinds)
    )


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden = hidden_size(fields)
    inner = hidden * fields.integer("mamba_expand", maximum=MAXIMUM_EXPERTS)
    heads, _ = heads_of_width(fields, inner, "n_mamba_heads")
    recurrent = mamba1_mixer(
        fields,
        inner=inner,
        state=fields.integer("mamba_d_state", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("mamba_d_conv", maximum=MAXIMUM_WIDTH),
        rank=time_step_rank(fields, "mamba_dt_rank"),
        projection_bias=fields.flag("mamba_proj_bias"),
        convolution_bias=fields.flag("mamba_conv_bias"),
        heads=heads,
        module=_module(kind),
    )
    if kind.attention != "full":
        return recurrent
    width = fields.optional_integer("attention_hidden_size", maximum=MAXIMUM_WIDTH) or 2 * hidden
    head = fields.optional_integer("attention_head_dim", "head_dim", maximum=MAXIMUM_WIDTH)
    return beside_attention(_shared_attention(fields, kind, width, head, "shared_transf"), recurrent)


def _mixer_of_2(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, bias = hidden_size(fields), fields.flag("add_bias_linear")
    inner = hidden * fields.integer("mamba_expand", maximum=MAXIMUM_EXPERTS)
    heads, head = heads_of_width(fields, inner, "n_mamba_heads")
    recurrent = mamba2_mixer(
        fields,
        heads=heads,
        head=head,
        groups=fields.integer("mamba_ngroups", maximum=MAXIMUM_HEADS),
        state=fields.integer("mamba_d_state", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("mamba_d_conv", maximum=MAXIMUM_WIDTH),
        projection_bias=bias,
        convolution_bias=True,
        module=_module(kind),
    )
    if kind.attention != "full":
        return recurrent
    shared = _shared_attention(fields, kind, 2 * hidden, None, "shared_transformer")
    block = beside_attention(shared, recurrent)
    rank = fields.integer("adapter_rank", maximum=MAXIMUM_WIDTH)
    adapters = projection(hidden, rank) + projection(rank, 2 * _shared_width(fields))
    if fields.flag("use_shared_attention_adapter"):
        adapters += 3 * 2 * projection(2 * hidden, rank)
    return replace(block, weights=block.weights + adapters)


def _module(kind: LayerKind) -> str:
    return "mamba" if kind.attention != "full" else "mamba_decoder.mamba"


def _shared_attention(fields: Fields, kind: LayerKind, width: int, head: int | None, module: str) -> AttentionBlock:
    """Return the attention of one use: its own projection behind it, and the weights if this use holds them."""
    hidden, heads, kv_heads = hidden_size(fields), query_heads(fields), key_value_heads(fields)
    head = head or 2 * hidden // heads
    weights, norms = projection(hidden, hidden), 0
    modules: NamedWeights = (("linear", weights),)
    if kind.variant == _OWNS_WEIGHTS:
        weights += projection(width, (heads + 2 * kv_heads) * head) + projection(heads * head, hidden)
        norms = width + hidden
        modules = (
            *modules,
            (f"{module}.self_attn.q_proj", width * heads * head),
            (f"{module}.self_attn.k_proj", width * kv_heads * head),
            (f"{module}.self_attn.v_proj", width * kv_heads * head),
            (f"{module}.self_attn.o_proj", heads * head * hidden),
        )
    return AttentionBlock(
        weights=weights,
        norms=norms,
        head_dimension=head,
        kv_heads=kv_heads,
        key_elements=head,
        value_elements=head,
        modules=modules,
    )


def _shared_width(fields: Fields) -> int:
    return fields.optional_integer("intermediate_size", maximum=MAXIMUM_WIDTH) or 4 * hidden_size(fields)


def _dense(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden, width = hidden_size(fields), _shared_width(fields)
    names = ("gate_proj", "up_proj", "down_proj")
    modules = tuple((f"shared_transf.feed_forward.{name}", hidden * width) for name in names)
    return DenseBlock(width, 3 * projection(hidden, width), modules)


def _dense_of_2(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden, width, bias = hidden_size(fields), _shared_width(fields), fields.flag("add_bias_linear")
    return DenseBlock(
        width,
        projection(hidden, 2 * width, bias=bias) + projection(width, hidden, bias=bias),
        (
            ("shared_transformer.feed_forward.gate_up_proj", hidden * 2 * width),
            ("shared_transformer.feed_forward.down_proj", width * hidden),
        ),
    )


# Of the Zamba2 class: every sixth layer seven times, then two more.
_DEFAULT_LAYERS = 54
_DEFAULT_HYBRID_LAYERS = (6, 12, 18, 24, 30, 36, 42, 47, 51)

ZAMBA = Family(
    model_types=("zamba",),
    class_names=("ZambaForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 3712,
        "intermediate_size": 14848,
        "num_hidden_layers": 76,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "n_mamba_heads": 2,
        "max_position_embeddings": 4096,
        "attn_layer_period": 6,
        "attn_layer_offset": 4,
        "mamba_d_state": 16,
        "mamba_d_conv": 4,
        "mamba_expand": 2,
        "mamba_dt_rank": "auto",
        "mamba_conv_bias": True,
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=_mixer,
    dense=_dense,
    norms_per_layer=1,
)

ZAMBA2 = Family(
    model_types=("zamba2",),
    class_names=("Zamba2ForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 2560,
        "num_hidden_layers": _DEFAULT_LAYERS,
        "num_attention_heads": 32,
        "max_position_embeddings": 4096,
        "mamba_d_state": 64,
        "mamba_d_conv": 4,
        "mamba_expand": 2,
        "mamba_ngroups": 1,
        "n_mamba_heads": 8,
        "num_mem_blocks": 1,
        "adapter_rank": 128,
        "tie_word_embeddings": True,
    },
    layers=_layers_of_2,
    attention=_mixer_of_2,
    dense=_dense_of_2,
    norms_per_layer=1,
)

FAMILIES = (ZAMBA, ZAMBA2)
