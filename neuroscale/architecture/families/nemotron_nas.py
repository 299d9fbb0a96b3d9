"""Llama-Nemotron found by neural architecture search (DeciLM): `block_configs` shapes every layer on its own.

A block says how many query heads share a key/value head and how wide the feed-forward is, as a multiple of the
hidden size (`ffn_mult`: two thirds of twice the multiple, rounded up to 256) or in elements; either part may be
left out with its norm. Defined by DeciLMConfig of the published weights and DeciLMForCausalLM of vLLM 0.33.0.
"""

from collections.abc import Mapping

from neuroscale.architecture.blocks import grouped_query_attention, hidden_size, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.errors import InvalidInputError

_WIDTH_MULTIPLE = 256
_MAXIMUM_FEED_FORWARD_MULTIPLE = 1024


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    _, blocks = fields.value("block_configs")
    if not isinstance(blocks, list | tuple) or len(blocks) != layer_count(fields):
        raise InvalidInputError("must be a list with one object per layer", field=fields.path("block_configs"))
    return tuple(_layer(fields, index, block) for index, block in enumerate(blocks))


def _layer(fields: Fields, index: int, stated: object) -> LayerKind:
    path = fields.path(f"block_configs[{index}]")
    if not isinstance(stated, Mapping):
        raise InvalidInputError("must be an object", field=path)
    block = Fields(stated, path=path)
    kv_heads, width = _kv_heads(fields, block), _width(fields, block)
    return LayerKind("full" if kv_heads else "none", dense=width > 0, experts=False, variant=f"{kv_heads} {width}")


def _part(block: Fields, name: str) -> Fields | None:
    """Return what a block says about one part, None when the layer does without it."""
    part = block.nested(name)
    if part is None:
        raise InvalidInputError("must be an object", field=block.path(name))
    if part.flag("no_op"):
        return None
    if part.flag("replace_with_linear"):
        raise UncountableError(f"a linear layer in place of a part ({block.path(name)}) is not covered")
    return part


def _kv_heads(fields: Fields, block: Fields) -> int:
    attention = _part(block, "attention")
    if attention is None:
        return 0
    heads = query_heads(fields)
    sharing = attention.integer("n_heads_in_group", maximum=MAXIMUM_HEADS)
    if heads % sharing:
        raise InvalidInputError(
            f"does not divide the {heads} query heads", field=attention.path("n_heads_in_group")
        )
    return heads // sharing


def _width(fields: Fields, block: Fields) -> int:
    feed_forward = _part(block, "ffn")
    if feed_forward is None:
        return 0
    multiple = feed_forward.optional_number("ffn_mult", minimum=0, maximum=_MAXIMUM_FEED_FORWARD_MULTIPLE)
    if multiple is None:
        return feed_forward.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    return -(-int(2 * multiple * hidden_size(fields) / 3) // _WIDTH_MULTIPLE) * _WIDTH_MULTIPLE


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    kv_heads = int(kind.variant.split()[0])
    heads = Fields(
        {
            "hidden_size": hidden_size(fields),
            "num_attention_heads": query_heads(fields),
            "num_key_value_heads": kv_heads or None,
            "head_dim": fields.optional_integer("head_dim", maximum=MAXIMUM_WIDTH),
        }
    )
    output_bias = fields.flag("attention_bias") or fields.flag("bias")
    input_bias = fields.flag("qkv_bias") if fields.has("qkv_bias") else output_bias
    block = grouped_query_attention(heads, kind, input_bias=input_bias, output_bias=output_bias)
    if kv_heads:
        return block
    return AttentionBlock(
        weights=0, norms=0, head_dimension=block.head_dimension, kv_heads=0, key_elements=0, value_elements=0
    )


def _feed_forward(fields: Fields, kind: LayerKind) -> DenseBlock:
    hidden, width, bias = hidden_size(fields), int(kind.variant.split()[1]), fields.flag("mlp_bias")
    return DenseBlock(width, projection(hidden, 2 * width, bias=bias) + projection(width, hidden, bias=bias))


def _norms(_fields: Fields, kind: LayerKind) -> int:
    return (kind.attention != "none") + kind.dense


NEMOTRON_NAS = Family(
    model_types=("nemotron-nas",),
    class_names=("DeciLMForCausalLM",),
    defaults={},
    layers=_layers,
    attention=_attention,
    dense=_feed_forward,
    norms_per_layer=_norms,
)

FAMILIES = (NEMOTRON_NAS,)
