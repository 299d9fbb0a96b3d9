"""MPT: multi-head attention with position slopes, and norms and projections without biases.

The class builds a feed-forward of four times the hidden size whatever `expansion_ratio` says, and ignores the
switches of the first implementation for biases, norms of queries and keys, and fewer key/value heads: files that
set one are not counted. Defined by MptConfig and MptForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import feed_forward_modules, hidden_size, multi_head_attention, projection
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention

_ATTENTION_MODULES = ("attn.Wqkv", "attn.out_proj")
_EXPANSION = 4


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if not fields.flag("no_bias"):
        raise UncountableError("biases (no_bias is false) are not covered for this family")
    attention = fields.nested("attn_config")
    if attention is not None:
        if attention.flag("qk_ln"):
            raise UncountableError("norms of queries and keys (attn_config.qk_ln) are not covered for this family")
        stated = attention.optional_text("attn_type")
        if stated not in {None, "multihead_attention"}:
            raise UncountableError(f"the attention {stated!r} (attn_config.attn_type) is not covered")
    return multi_head_attention(fields, kind, input_bias=False, output_bias=False, modules=_ATTENTION_MODULES)


def _dense(fields: Fields, _kind: LayerKind) -> DenseBlock:
    if fields.integer("expansion_ratio", maximum=MAXIMUM_WIDTH) != _EXPANSION:
        raise UncountableError(f"an expansion_ratio other than {_EXPANSION} is not covered for this family")
    hidden = hidden_size(fields)
    width = _EXPANSION * hidden
    return DenseBlock(width, 2 * projection(hidden, width), feed_forward_modules("ffn", hidden * width, 2))


MPT = Family(
    model_types=("mpt",),
    class_names=("MptForCausalLM", "MPTForCausalLM"),
    defaults={
        "vocab_size": 50368,
        "d_model": 2048,
        "n_heads": 16,
        "n_layers": 24,
        "expansion_ratio": _EXPANSION,
        "max_seq_len": 2048,
        "no_bias": True,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=_dense,
    aliases={
        "hidden_size": ("d_model",),
        "num_attention_heads": ("n_heads",),
        "num_hidden_layers": ("n_layers",),
        "max_position_embeddings": ("max_seq_len",),
    },
)

FAMILIES = (MPT,)
