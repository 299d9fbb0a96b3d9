"""LFM2 and LFM3: gated short convolutions between attention layers.

LFM2 states the width of its feed-forward before an adjustment (`block_auto_adjust_ff_dim`): two thirds, times a
factor, rounded up. LFM3 has sliding layers too, a gate per head on the attention output and, with
`use_sandwich_norm`, two more norms per layer. Defined by Lfm2Config, Lfm3Config and their causal language models of
transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, layer_count, stated_attention_kinds
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import renamed_modules
from neuroscale.architecture.recurrent_blocks import short_convolution

_KINDS: dict[str, AttentionKind] = {"conv": "state-space", "full_attention": "full"}
_KINDS_OF_3: dict[str, AttentionKind] = _KINDS | {"sliding_attention": "sliding"}
_FEED_FORWARD_MODULES = ("feed_forward.w1", "feed_forward.w3", "feed_forward.w2")
_MAXIMUM_MULTIPLIER = 1024.0


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = stated_attention_kinds(fields, kinds=_KINDS)
    if kinds is not None:
        return dense_layers(kinds)
    stated = fields.integers("full_attn_idxs", maximum=MAXIMUM_LAYERS)
    layers = range(layer_count(fields))
    return dense_layers(["full" if stated is None or index in stated else "state-space" for index in layers])


def _layers_of_3(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = stated_attention_kinds(fields, kinds=_KINDS_OF_3)
    if kinds is not None:
        return dense_layers(kinds)
    return dense_layers(
        [
            "full" if index % 4 == 2 else "sliding" if index % 4 == 0 and index > 0 else "state-space"
            for index in range(layer_count(fields))
        ]
    )


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "state-space":
        return short_convolution(fields)
    block = grouped_query_attention(fields, kind, head_norm="head")
    return renamed_modules(block, {"self_attn.o_proj": "self_attn.out_proj"})


def _mixer_of_3(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "state-space":
        return short_convolution(fields)
    block = grouped_query_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", head_norm="head"
    )
    if not fields.flag("use_attention_gate"):
        return block
    gate = projection(hidden_size(fields), query_heads(fields))
    return replace(block, weights=block.weights + gate, modules=(*block.modules, ("self_attn.gate_proj", gate)))


def _dense(fields: Fields, _kind: LayerKind) -> DenseBlock:
    width = fields.integer("block_ff_dim", "intermediate_size", maximum=MAXIMUM_WIDTH)
    if fields.flag("block_auto_adjust_ff_dim"):
        width = 2 * width // 3
        factor = fields.optional_number("block_ffn_dim_multiplier", minimum=0.0, maximum=_MAXIMUM_MULTIPLIER)
        if factor is None:
            raise UncountableError(f"{fields.path('block_ffn_dim_multiplier')} is null")
        multiple = fields.integer("block_multiple_of", maximum=MAXIMUM_WIDTH)
        width = -(-int(factor * width) // multiple) * multiple
    weights = projection(hidden_size(fields), width)
    return DenseBlock(width, 3 * weights, tuple((name, weights) for name in _FEED_FORWARD_MODULES))


def _norms_of_3(fields: Fields, _kind: LayerKind) -> int:
    return 4 if fields.flag("use_sandwich_norm") else 2


LFM2 = Family(
    model_types=("lfm2",),
    class_names=("Lfm2ForCausalLM",),
    defaults={
        "vocab_size": 65536,
        "hidden_size": 2560,
        "intermediate_size": 12288,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 128000,
        "tie_word_embeddings": True,
        "conv_L_cache": 3,
        "block_multiple_of": 256,
        "block_ffn_dim_multiplier": 1.0,
        "block_auto_adjust_ff_dim": True,
    },
    layers=_layers,
    attention=_mixer,
    dense=_dense,
    tie_names=("tie_embedding", "tie_word_embeddings"),
)

LFM3 = Family(
    model_types=("lfm3",),
    class_names=("Lfm3ForCausalLM",),
    defaults={
        "vocab_size": 128000,
        "hidden_size": 2048,
        "intermediate_size": 7680,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "max_position_embeddings": 128000,
        "tie_word_embeddings": True,
        "conv_L_cache": 7,
        "sliding_window": 256,
        "use_sandwich_norm": True,
        "use_attention_gate": True,
    },
    layers=_layers_of_3,
    attention=_mixer_of_3,
    dense=partial(dense_feed_forward, modules=_FEED_FORWARD_MODULES),
    norms_per_layer=_norms_of_3,
)

FAMILIES = (LFM2, LFM3)
